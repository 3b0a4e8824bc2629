<?php
// Makes the alias and its rules where they are missing, has pf load them, says what it does, and changes nothing else.
// What is there in another form is left alone, and told.

// settings: the connector writes its own in place of these
$dry = false;
$address = 'crowdsec_blacklists';
$wanted = array(array('name' => 'crowdsec_blacklists', 'type' => 'urltable', 'url' => 'http://127.0.0.1:9/a.txt'));
$heading = '# CrowdSec decisions';
$interfaces = array('wan');
$direction = 'in';
$log = false;
$position = 'top';
// end of settings

require_once("config.inc");
require_once("functions.inc");
require_once("filter.inc");
require_once("shaper.inc");
require_once("util.inc");

// People call interfaces by their description, the configuration by their place.
$names = array();
foreach (config_get_path("interfaces", array()) as $key => $interface) {
	$names[strtolower($key)] = $key;
	if (!empty($interface["descr"])) $names[strtolower($interface["descr"])] = $key;
}
$floating = $interfaces == array("floating");
$on = array();
$unknown = array();
foreach ($floating ? array() : $interfaces as $name) {
	if (isset($names[strtolower($name)])) $on[] = $names[strtolower($name)];
	else $unknown[] = $name;
}
if ($unknown) {
	echo "NOT in force: no interface " . implode(", ", $unknown) . "; there are: " . implode(", ", array_values(array_unique($names))) . "\n";
	exit(0);
}

$changed = false;
$aliases = config_get_path("aliases/alias", array());
if (!is_array($aliases)) $aliases = array();
foreach ($wanted as $alias) {
	$name = $alias["name"];
	$at = array_search($name, array_column($aliases, "name"));
	if ($at === false) {
		echo "alias $name: new, type " . $alias["type"] . "\n";
		$aliases[] = $alias;
		$changed = true;
	} elseif ($aliases[$at]["type"] != $alias["type"]) {
		echo "alias $name: is of type " . $aliases[$at]["type"] . ", left alone; see check\n";
		continue;
	} elseif (isset($alias["url"]) && $aliases[$at]["url"] != $alias["url"] && preg_match("#^https?://127\\.0\\.0\\.1\\b#", $aliases[$at]["url"])) {
		// What answers there by chance would take the place of the list.
		echo "alias $name: is there, URL set to " . $alias["url"] . "\n";
		$aliases[$at]["url"] = $alias["url"];
		$aliases[$at]["address"] = $alias["address"];
		$changed = true;
	} else {
		echo "alias $name: is there\n";
	}
	if ($dry || $alias["type"] != "urltable") continue;
	// pfSense drops the rule of an alias whose file is missing or empty.
	$file = "/var/db/aliastables/$name.txt";
	if (!is_dir(dirname($file))) mkdir(dirname($file), 0755, true);
	if (!file_exists($file) || trim(file_get_contents($file)) == "") file_put_contents($file, "$heading\n");
}

// What there has to be: which side the list is on, where, and in which direction. Rules of an interface see what comes in.
$parts = array();
if ($floating) $parts[] = array("source", "", "in");
foreach ($on as $interface) $parts[] = array("source", $interface, "in");
if ($direction == "both") $parts[] = array("destination", implode(",", $on), "out");

// Why a rule with the list does not stop what it should there; empty when it does.
$flaw = function ($rule, $side, $interface, $way) {
	$peer = $rule[$side] ?? array();
	$other = $rule[$side == "source" ? "destination" : "source"] ?? array();
	$isFloating = isset($rule["floating"]);
	$has = array_filter(explode(",", $rule["interface"] ?? ""));
	$lacks = array_diff(array_filter(explode(",", $interface)), $has);
	if (!in_array($rule["type"] ?? "", array("block", "reject"))) return "is a " . ($rule["type"] ?? "pass") . " rule";
	if ($isFloating && (empty($rule["quick"]) || !in_array($rule["direction"] ?? "any", array($way, "any"))))
		return $way == "in" ? "is a floating rule without quick, or for what goes out" : "is a floating rule without quick, or for what comes in";
	if (!$isFloating && $way == "out") return "is for what comes in";
	if (isset($rule["interfacenot"]) || ($has && ($lacks || $interface == "")))
		return "is not on " . ($interface == "" ? "all interfaces" : strtoupper(implode(", ", $lacks ?: array($interface))));
	if (isset($peer["not"]) || !empty($peer["port"]) || !isset($other["any"]) || !empty($other["port"])
		|| !empty($rule["protocol"]) || !empty($rule["sched"])) return "blocks a part only";
	if (($rule["ipprotocol"] ?? "inet") != "inet46") return "is for one address family only";
	return "";
};

$rules = config_get_path("filter/rule", array());
if (!is_array($rules)) $rules = array();
$new = array();
$told = array();
foreach ($parts as $number => list($side, $interface, $way)) {
	$where = $interface == "" ? "all interfaces, floating" : $interface;
	$said = $way == "in" ? "rule" : "rule for what goes out";
	$found = null;
	$off = null;
	foreach ($rules as $at => $rule) {
		if (($rule[$side]["address"] ?? "") != $address) continue;
		$why = $flaw($rule, $side, $interface, $way);
		if ($why != "" && $number == 0) echo "rule \"" . ($rule["descr"] ?? "") . "\": $why, left alone; see check\n";
		elseif ($why != "") continue;
		elseif (isset($rule["disabled"])) $off = $at;
		else $found = $at;
	}
	if ($found === null && $off !== null) {
		echo "$said: is there, but disabled; enabled\n";
		unset($rules[$off]["disabled"]);
		$changed = true;
	} elseif ($found !== null && ($rules[$found]["descr"] ?? "") == "CrowdSec" && isset($rules[$found]["log"]) != $log) {
		echo "$said: is there; logging " . ($log ? "on" : "off") . "\n";
		if ($log) $rules[$found]["log"] = "";
		else unset($rules[$found]["log"]);
		$changed = true;
	} elseif ($found !== null) {
		echo "$said: is there\n";
	} else {
		echo $way == "in" ? "rule: new, block in on $where, IPv4 and IPv6, source $address\n"
			: "rule: new, block out on $where, IPv4 and IPv6, destination $address\n";
		$changed = true;
		$rule = array("type" => "block", "interface" => $interface, "ipprotocol" => "inet46");
		if ($way == "out" || $floating) $rule += array("floating" => "yes", "quick" => "yes", "direction" => $way);
		if ($log) $rule["log"] = "";
		$new[] = $rule + array(
			"source" => $side == "source" ? array("address" => $address) : array("any" => ""),
			"destination" => $side == "source" ? array("any" => "") : array("address" => $address),
			"descr" => "CrowdSec", "tracker" => (string)((int)microtime(true) + $number), "created" => make_config_revision_entry(),
		);
	}
}

// What pf lacks of it, or nothing. Where pfctl shows no rules, what was made for pf tells.
$look = function () use ($address, $parts) {
	$lines = array();
	exec("/sbin/pfctl -sr 2>/dev/null", $lines);
	$loaded = implode("\n", $lines);
	$made = file_exists("/tmp/rules.debug") ? file_get_contents("/tmp/rules.debug") : "";
	foreach ($parts as list($side)) {
		$word = $side == "source" ? "from" : "to";
		if (preg_match("/^block .*\\b$word [\$<]$address\\b/m", $loaded == "" ? $made : $loaded)) continue;
		return "pf has not loaded it" . (preg_match("/^.*Unresolvable.*$address.*/m", $made, $line) ? ": " . $line[0] : "");
	}
	return "";
};

$lost = $changed ? "" : $look();
if ($lost != "") echo "filter: to be loaded anew: $lost\n";
if (!$changed && $lost == "") {
	echo "nothing to do: pf has the rule\n";
} elseif ($dry) {
	echo "to be written\n";
} else {
	if ($changed) {
		config_set_path("aliases/alias", $aliases);
		// Above all others of their kind; the separators between rules go on standing where they stood.
		$groups = array_map(function ($rule) { return isset($rule["floating"]) ? "floatingrules" : $rule["interface"]; }, $new);
		foreach ($position == "top" ? $groups : array() as $group) {
			$separators = config_get_path("filter/separator/$group", array());
			if (!$separators || !is_array($separators)) continue;
			shift_separators($separators, -1);
			config_set_path("filter/separator/$group", $separators);
		}
		$rules = array_values($rules);
		config_set_path("filter/rule", $position == "top" ? array_merge($new, $rules) : array_merge($rules, $new));
		write_config("CrowdSec: alias $address and its rules");
	}
	if (function_exists("alias_make_table")) alias_make_table();
	filter_configure_sync();
	$lost = $look();
	echo $lost == "" ? "written: pf has the rule\n" : "NOT in force: $lost; see Status > Filter Reload\n";
}
