<?php
// Stand-ins for what pfSense has in C, and for what a plain php-cli may lack.
function pfSense_interface_listget() { return array('em0', 'em1', 'em2', 'lo0'); }
function pfSense_get_ifaddrs($name) { return array('status' => 'up', 'macaddr' => '02:00:00:00:00:01', 'mtu' => 1500, 'addrs' => array(), 'addrs6' => array()); }
function pfSense_getall_interface_addresses($name) { return array(); }
function pfSense_get_interface_addresses($name) { return array('interface' => $name, 'status' => 'up', 'macaddr' => '02:00:00:00:00:01', 'mtu' => 1500, 'caps' => array(), 'ipaddr' => '', 'subnetbits' => 24); }
function pfSense_kill_states() { return 0; }
function pfSense_fsync() { return true; }
function pfSense_interface_flags() { return 0; }
if (!function_exists('gettext')) { function gettext($text) { return $text; } }
if (!function_exists('mb_strlen')) {
	function mb_strlen($text) { return strlen($text); }
	function mb_substr($text, $from, $length = null) { return substr($text, $from, $length); }
	function mb_strtolower($text) { return strtolower($text); }
	function mb_strtoupper($text) { return strtoupper($text); }
	function mb_detect_encoding($text) { return 'UTF-8'; }
	function mb_convert_encoding($text) { return $text; }
	function mb_strpos($text, $needle, $from = 0) { return strpos($text, $needle, $from); }
}
