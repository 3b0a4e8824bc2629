/** The few functions of pfSense's config.inc and filter.inc that a set-up script needs, over config.json. */
export const configInc = `<?php
$config = json_decode(file_get_contents('/cf/conf/config.json'), true);
function config_get_path($path, $default = null) {
	global $config;
	if ($path === 'aliases/alias') return $config['aliases'];
	if ($path === 'filter/rule') return array_map('rule_to_xml', $config['rules']);
	if ($path === 'interfaces') return array('wan' => array('if' => 'em0', 'descr' => 'WAN'), 'lan' => array('if' => 'em1', 'descr' => 'LAN'));
	if ($path === 'system/user') return $config['users'] ?? array();
	return $default;
}
function config_set_path($path, $value) {
	global $config;
	if ($path === 'aliases/alias') $config['aliases'] = array_values($value);
	if ($path === 'filter/rule') $config['rules'] = array_values(array_map('rule_from_xml', $value));
	if ($path === 'system/user') $config['users'] = $value;
	return $value;
}
function config_del_path($path) { return config_set_path($path, array()); }
function shift_separators(&$separators, $index, $up = false) {}
function rule_to_xml($rule) {
	foreach (array('source', 'destination') as $side) {
		$rule[$side] = $rule[$side] === 'any' ? array('any' => '') : array('address' => $rule[$side]);
		if (($rule['not'] ?? '') === $side) $rule[$side]['not'] = '';
	}
	if (isset($rule['port'])) $rule['destination']['port'] = $rule['port'];
	if (isset($rule['floating'])) {
		$rule['quick'] = $rule['floating']['quick'] ? 'yes' : '';
		$rule['direction'] = $rule['floating']['direction'];
		$rule['floating'] = 'yes';
	}
	return $rule;
}
function rule_from_xml($rule) {
	foreach (array('source', 'destination') as $side)
		$rule[$side] = isset($rule[$side]['any']) ? 'any' : $rule[$side]['address'];
	if (isset($rule['floating'])) {
		$rule['floating'] = array('quick' => !empty($rule['quick']), 'direction' => $rule['direction'] ?? 'any');
		unset($rule['quick'], $rule['direction']);
	}
	return $rule;
}
/* Users are known by their keys alone. */
function local_user_set($user) {
	file_put_contents('/etc/keys/' . $user['name'], base64_decode($user['authorizedkeys']));
}
function parse_config($fresh = false) {}
function make_config_revision_entry() { return array('time' => '0', 'username' => '(system)'); }
function write_config($description) {
	global $config;
	file_put_contents('/cf/conf/config.json', json_encode($config));
	file_put_contents('/cf/conf/revisions', $description . "\\n", FILE_APPEND);
	return 1;
}
/* Aliases resolve by this table alone, which is made when the configuration is read. */
$aliastable = array();
function alias_make_table() {
	global $aliastable;
	$aliastable = array_column(config_get_path('aliases/alias', array()), 'address', 'name');
}
alias_make_table();
function filter_configure_sync() {
	global $aliastable;
	passthru('/etc/rc.filter_configure_sync ' . implode(' ', array_merge(array('known'), array_keys($aliastable))));
	return 0;
}
function filter_configure() { return filter_configure_sync(); }
`;
