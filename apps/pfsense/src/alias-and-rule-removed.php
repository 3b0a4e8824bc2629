<?php
// Takes back what the connector's setup has made: the rules, the alias with its file, and the line of the restricted
// key. Says what it does, and changes nothing else: an alias that somebody's own rule uses stays.

// settings: the connector writes its own in place of these
$dry = false;
$address = 'crowdsec_blacklists';
$made = array('crowdsec_blacklists');
// end of settings

require_once("config.inc");
require_once("functions.inc");
require_once("filter.inc");
require_once("shaper.inc");
require_once("util.inc");
require_once("auth.inc");

$changed = false;
$rules = config_get_path("filter/rule", array());
if (!is_array($rules)) $rules = array();
$separators = config_get_path("filter/separator", array());
$kept = array();
$using = array();
$places = array();
foreach ($rules as $rule) {
	$group = isset($rule["floating"]) ? "floatingrules" : ($rule["interface"] ?? "");
	$places[$group] = $places[$group] ?? 0;
	$has = ($rule["source"]["address"] ?? "") == $address || ($rule["destination"]["address"] ?? "") == $address;
	$ours = $has && ($rule["descr"] ?? "") == "CrowdSec" && in_array($rule["type"] ?? "", array("block", "reject"));
	if (!$ours) {
		$kept[] = $rule;
		$places[$group]++;
		if ($has) $using[] = "rule \"" . ($rule["descr"] ?? "") . "\"";
		continue;
	}
	echo "rule on " . ($group == "floatingrules" ? "floating" : $group) . ": removed\n";
	$changed = true;
	// Separators that stood behind it stand one place earlier now.
	foreach (is_array($separators[$group] ?? null) ? $separators[$group] : array() as $key => $separator) {
		$row = isset($separator["row"][0]) ? (int)substr($separator["row"][0], 2) : -1;
		if ($row > $places[$group]) $separators[$group][$key]["row"][0] = "fr" . ($row - 1);
	}
}

// A port forward, another alias and the like.
$aliases = config_get_path("aliases/alias", array());
if (!is_array($aliases)) $aliases = array();
$others = array();
foreach ($aliases as $alias) {
	if (in_array($alias["name"], $made)) continue;
	$others[] = $alias;
	if (in_array($address, explode(" ", $alias["address"] ?? ""))) $using[] = "alias " . $alias["name"];
}
foreach (array("nat/rule", "nat/outbound/rule", "nat/onetoone", "nat/npt") as $path) {
	foreach (config_get_path($path, array()) ?: array() as $rule) {
		if (is_array($rule) && in_array($address, array($rule["source"]["address"] ?? "", $rule["destination"]["address"] ?? "", $rule["target"] ?? "")))
			$using[] = "NAT rule \"" . ($rule["descr"] ?? "") . "\"";
	}
}
$isThere = count($others) < count($aliases);
if ($using) {
	if ($isThere) echo "alias $address: kept, it is used by " . implode(", ", $using) . "\n";
	$isThere = false;
} elseif ($isThere) {
	echo "alias $address: removed, with its file\n";
	$changed = true;
}

// The line that setup prints for authorized_keys, and no other.
$users = config_get_path("system/user", array());
$turned = array();
foreach ($users as $at => $user) {
	$keys = base64_decode($user["authorizedkeys"] ?? "");
	$lines = preg_split("/(?<=\n)/", $keys);
	$left = array_filter($lines, function ($line) use ($address) {
		return !preg_match("/command=\".*\\bn=$address;.* crowdsec-bouncer\" /", $line);
	});
	if (count($left) == count($lines)) continue;
	echo "key of " . $user["name"] . ": removed\n";
	$users[$at]["authorizedkeys"] = base64_encode(implode("", $left));
	$turned[] = $at;
	$changed = true;
}

if (!$changed) {
	echo "nothing to do: nothing of it is there\n";
} elseif ($dry) {
	echo "to be removed\n";
} else {
	$set = function ($path, $list) {
		if ($list) config_set_path($path, $list);
		else config_del_path($path);
	};
	$set("filter/rule", $kept);
	if ($separators) config_set_path("filter/separator", $separators);
	if ($isThere) $set("aliases/alias", $others);
	if ($turned) config_set_path("system/user", $users);
	write_config("CrowdSec: alias $address and its rules removed");
	foreach ($turned as $at) {
		$user = $users[$at];
		local_user_set($user);
	}
	if (function_exists("alias_make_table")) alias_make_table();
	filter_configure_sync();
	foreach ($isThere ? $made : array() as $name) {
		foreach (array("/var/db/aliastables/$name.txt", "/cf/conf/RAM_Disk_Store/$name.txt.tgz") as $file) {
			if (file_exists($file)) unlink($file);
		}
	}
	echo "removed\n";
}
