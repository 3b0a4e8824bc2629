import type { HelperOptions } from './ssh/helper.ts';
import { HEADER } from './alias-file.ts';

/** What the URL of the alias is when the list is not served: pfSense wants one, and never asks it while the file is fresh. */
export function aliasUrl(alias: string): string {
  return `https://127.0.0.1/${alias}.txt`;
}

/**
 * PHP for the firewall: makes the alias and the rule where they are missing, says what it does, and changes nothing else.
 * With `dry` it only says. Names are those of validated settings, so that they can stand between quotes.
 */
export function phpSnippet({ alias, file }: HelperOptions, dry = false): string {
  const wanted = file ? urlTable(alias) : nested(alias);
  return `<?php
require_once("config.inc"); require_once("functions.inc"); require_once("filter.inc"); require_once("shaper.inc"); require_once("util.inc");
$dry = ${dry}; $changed = false;
$aliases = config_get_path("aliases/alias", array()); $names = array_column($aliases, "name");
$wanted = array(
${wanted});
foreach ($wanted as $alias) {
	if (in_array($alias["name"], $names)) { echo "alias " . $alias["name"] . ": is there\\n"; continue; }
	echo "alias " . $alias["name"] . ": new, type " . $alias["type"] . "\\n"; $aliases[] = $alias; $changed = true;
	$file = "/var/db/aliastables/" . $alias["name"] . ".txt";
	if (!$dry && $alias["type"] == "urltable" && !file_exists($file)) file_put_contents($file, "${HEADER.trimEnd()}\\n");
}
$rules = config_get_path("filter/rule", array()); $found = false;
foreach ($rules as $rule) {
	if (isset($rule["source"]["address"]) && $rule["source"]["address"] == "${alias}" && !isset($rule["disabled"])) $found = true;
}
if ($found) echo "rule: is there\\n";
else {
	echo "rule: new, block in on wan, IPv4 and IPv6, source ${alias}\\n"; $changed = true;
	array_unshift($rules, array("type" => "block", "interface" => "wan", "ipprotocol" => "inet46",
		"source" => array("address" => "${alias}"), "destination" => array("any" => ""), "descr" => "CrowdSec",
		"tracker" => (string)(int)microtime(true), "created" => make_config_revision_entry()));
}
if ($changed && !$dry) {
	config_set_path("aliases/alias", $aliases); config_set_path("filter/rule", $rules);
	write_config("CrowdSec: alias ${alias} and its rule"); filter_configure_sync(); echo "written\\n";
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
