import type { HelperOptions } from './ssh/helper.ts';
import { HEADER } from './alias-file.ts';

/** What the URL of the alias is when the list is not served: pfSense wants one, and never asks it while the file is fresh. */
export function aliasUrl(alias: string): string {
  return `https://127.0.0.1/${alias}.txt`;
}

/** The last line of a script that ended well begins with one of these. */
export const IN_FORCE = /^(written|nothing to do|to be written)/m;

/**
 * PHP for the firewall: makes the alias and the rule where they are missing, has pf load them, says what it does, and
 * changes nothing else. With `dry` it only says. Names are those of validated settings, so that they can stand between
 * quotes.
 */
export function phpSnippet({ alias, file }: HelperOptions, dry = false): string {
  const wanted = file ? urlTable(alias) : nested(alias);
  return `<?php
require_once("config.inc"); require_once("functions.inc"); require_once("filter.inc"); require_once("shaper.inc"); require_once("util.inc");
$dry = ${dry}; $changed = false; $new = array();
$aliases = config_get_path("aliases/alias", array()); $types = array_column($aliases, "type", "name");
$wanted = array(
${wanted});
foreach ($wanted as $alias) {
	$name = $alias["name"]; $there = isset($types[$name]);
	if ($there && $types[$name] != $alias["type"]) { echo "alias $name: is of type " . $types[$name] . ", left alone; see check\\n"; continue; }
	if ($there) echo "alias $name: is there\\n";
	else { echo "alias $name: new, type " . $alias["type"] . "\\n"; $aliases[] = $alias; $changed = true; }
	if ($dry || $alias["type"] != "urltable") continue;
	$file = "/var/db/aliastables/$name.txt";
	if (!is_dir(dirname($file))) mkdir(dirname($file), 0755, true);
	if (!file_exists($file) || trim(file_get_contents($file)) == "") file_put_contents($file, "${HEADER.trimEnd()}\\n");
}
$rules = config_get_path("filter/rule", array()); $found = false; $off = null;
foreach ($rules as $at => $rule) {
	$source = $rule["source"] ?? array(); $on = explode(",", $rule["interface"] ?? "");
	if (($source["address"] ?? "") != "${alias}") continue;
	$why = "";
	if (!in_array($rule["type"] ?? "", array("block", "reject"))) $why = "is a " . ($rule["type"] ?? "pass") . " rule";
	elseif (!in_array("wan", $on)) $why = "is not on WAN";
	elseif (isset($source["not"]) || !empty($source["port"]) || !isset($rule["destination"]["any"]) || !empty($rule["destination"]["port"]) || !empty($rule["protocol"]) || !empty($rule["sched"])) $why = "blocks a part only";
	elseif (($rule["ipprotocol"] ?? "inet") != "inet46") $why = "is for one address family only";
	elseif (isset($rule["floating"]) && (empty($rule["quick"]) || ($rule["direction"] ?? "") == "out")) $why = "is a floating rule without quick, or for what goes out";
	if ($why != "") echo "rule \\"" . ($rule["descr"] ?? "") . "\\": $why, left alone; see check\\n";
	elseif (isset($rule["disabled"])) $off = $at;
	else $found = true;
}
if ($found) echo "rule: is there\\n";
elseif ($off !== null) { echo "rule: is there, but disabled; enabled\\n"; unset($rules[$off]["disabled"]); $changed = true; }
else {
	echo "rule: new, block in on wan, IPv4 and IPv6, source ${alias}\\n"; $changed = true;
	$new[] = array("type" => "block", "interface" => "wan", "ipprotocol" => "inet46",
		"source" => array("address" => "${alias}"), "destination" => array("any" => ""), "descr" => "CrowdSec",
		"tracker" => (string)(int)microtime(true), "created" => make_config_revision_entry());
}
$look = function () {
	exec("/sbin/pfctl -sr 2>/dev/null", $lines); $loaded = implode("\\n", $lines);
	$made = file_exists("/tmp/rules.debug") ? file_get_contents("/tmp/rules.debug") : "";
	if (preg_match('/^block .*\\bfrom [$<]${alias}\\b/m', $loaded == "" ? $made : $loaded)) return "";
	return "pf has not loaded it" . (preg_match('/^.*Unresolvable.*${alias}.*/m', $made, $line) ? ": " . $line[0] : "");
};
$lost = $changed ? "" : $look();
if ($lost != "") echo "filter: to be loaded anew: $lost\\n";
if (!$changed && $lost == "") echo "nothing to do: pf has the rule\\n";
elseif ($dry) echo "to be written\\n";
else {
	if ($changed) {
		config_set_path("aliases/alias", $aliases); config_set_path("filter/rule", $rules);
		if ($new && function_exists("add_filter_rules")) add_filter_rules($new, -1);
		elseif ($new) {
			$separators = config_get_path("filter/separator/wan", array());
			if ($separators && is_array($separators) && function_exists("shift_separators")) {
				shift_separators($separators, -1); config_set_path("filter/separator/wan", $separators);
			}
			config_set_path("filter/rule", array_merge($new, array_values($rules)));
		}
		write_config("CrowdSec: alias ${alias} and its rule");
	}
	if (function_exists("alias_make_table")) alias_make_table();
	filter_configure_sync(); $lost = $look();
	echo $lost == "" ? "written: pf has the rule\\n" : "NOT in force: $lost; see Status > Filter Reload\\n";
}
`;
}

function urlTable(alias: string): string {
  const url = aliasUrl(alias);
  return `	array("name" => "${alias}", "type" => "urltable", "url" => "${url}", "updatefreq" => "30", "address" => "${url}", "descr" => "CrowdSec decisions", "detail" => ""),\n`;
}

function nested(alias: string): string {
  const inner = innerAlias(alias);
  return (
    `	array("name" => "${inner}", "type" => "network", "address" => "", "descr" => "Empty on purpose: keeps ${alias} from being flushed", "detail" => ""),\n` +
    `	array("name" => "${alias}", "type" => "network", "address" => "${inner}", "descr" => "CrowdSec decisions", "detail" => ""),\n`
  );
}

/** The empty alias that is the only member of the other one, and never has its name. */
export function innerAlias(alias: string): string {
  const inner = `${alias.slice(0, 25)}_empty`;
  return inner === alias ? `${alias.slice(0, 25)}_inner` : inner;
}
