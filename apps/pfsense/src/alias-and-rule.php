<?php
// Makes the alias and the rule where they are missing, has pf load them, says what it does, and changes nothing else.
// What is there in another form is left alone, and told.

// settings: the connector writes its own in place of these
$dry = false;
$address = 'crowdsec_blacklists';
$wanted = array(array('name' => 'crowdsec_blacklists', 'type' => 'urltable', 'url' => 'https://127.0.0.1/a.txt'));
$heading = '# CrowdSec decisions';
// end of settings

require_once("config.inc");
require_once("functions.inc");
require_once("filter.inc");
require_once("shaper.inc");
require_once("util.inc");

$changed = false;
$new = array();
$aliases = config_get_path("aliases/alias", array());
$types = array_column($aliases, "type", "name");
foreach ($wanted as $alias) {
	$name = $alias["name"];
	$there = isset($types[$name]);
	if ($there && $types[$name] != $alias["type"]) {
		echo "alias $name: is of type " . $types[$name] . ", left alone; see check\n";
		continue;
	}
	if ($there) {
		echo "alias $name: is there\n";
	} else {
		echo "alias $name: new, type " . $alias["type"] . "\n";
		$aliases[] = $alias;
		$changed = true;
	}
	if ($dry || $alias["type"] != "urltable") continue;
	// pfSense drops the rule of an alias whose file is missing or empty.
	$file = "/var/db/aliastables/$name.txt";
	if (!is_dir(dirname($file))) mkdir(dirname($file), 0755, true);
	if (!file_exists($file) || trim(file_get_contents($file)) == "") file_put_contents($file, "$heading\n");
}

$rules = config_get_path("filter/rule", array());
$found = false;
$off = null;
foreach ($rules as $at => $rule) {
	$source = $rule["source"] ?? array();
	$on = explode(",", $rule["interface"] ?? "");
	if (($source["address"] ?? "") != $address) continue;
	$part = isset($source["not"]) || !empty($source["port"]) || !isset($rule["destination"]["any"])
		|| !empty($rule["destination"]["port"]) || !empty($rule["protocol"]) || !empty($rule["sched"]);
	$passing = isset($rule["floating"]) && (empty($rule["quick"]) || ($rule["direction"] ?? "") == "out");
	$why = "";
	if (!in_array($rule["type"] ?? "", array("block", "reject"))) $why = "is a " . ($rule["type"] ?? "pass") . " rule";
	elseif (!in_array("wan", $on)) $why = "is not on WAN";
	elseif ($part) $why = "blocks a part only";
	elseif (($rule["ipprotocol"] ?? "inet") != "inet46") $why = "is for one address family only";
	elseif ($passing) $why = "is a floating rule without quick, or for what goes out";
	if ($why != "") echo "rule \"" . ($rule["descr"] ?? "") . "\": $why, left alone; see check\n";
	elseif (isset($rule["disabled"])) $off = $at;
	else $found = true;
}
if ($found) {
	echo "rule: is there\n";
} elseif ($off !== null) {
	echo "rule: is there, but disabled; enabled\n";
	unset($rules[$off]["disabled"]);
	$changed = true;
} else {
	echo "rule: new, block in on wan, IPv4 and IPv6, source $address\n";
	$changed = true;
	$new[] = array(
		"type" => "block", "interface" => "wan", "ipprotocol" => "inet46",
		"source" => array("address" => $address), "destination" => array("any" => ""), "descr" => "CrowdSec",
		"tracker" => (string)(int)microtime(true), "created" => make_config_revision_entry(),
	);
}

// What pf lacks of it, or nothing. Where pfctl shows no rules, what was made for pf tells.
$look = function () use ($address) {
	exec("/sbin/pfctl -sr 2>/dev/null", $lines);
	$loaded = implode("\n", $lines);
	$made = file_exists("/tmp/rules.debug") ? file_get_contents("/tmp/rules.debug") : "";
	if (preg_match("/^block .*\\bfrom [\$<]$address\\b/m", $loaded == "" ? $made : $loaded)) return "";
	return "pf has not loaded it" . (preg_match("/^.*Unresolvable.*$address.*/m", $made, $line) ? ": " . $line[0] : "");
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
		config_set_path("filter/rule", $rules);
		// The first rule of WAN, and the separators between rules go on standing where they stood.
		if ($new && function_exists("add_filter_rules")) {
			add_filter_rules($new, -1);
		} elseif ($new) {
			$separators = config_get_path("filter/separator/wan", array());
			if ($separators && is_array($separators) && function_exists("shift_separators")) {
				shift_separators($separators, -1);
				config_set_path("filter/separator/wan", $separators);
			}
			config_set_path("filter/rule", array_merge($new, array_values($rules)));
		}
		write_config("CrowdSec: alias $address and its rule");
	}
	if (function_exists("alias_make_table")) alias_make_table();
	filter_configure_sync();
	$lost = $look();
	echo $lost == "" ? "written: pf has the rule\n" : "NOT in force: $lost; see Status > Filter Reload\n";
}
