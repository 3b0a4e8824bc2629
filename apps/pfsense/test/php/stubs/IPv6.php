<?php
class Net_IPv6 {
	static function removeNetmaskSpec($ip) { return explode('/', $ip)[0]; }
	static function getNetmaskSpec($ip) { return explode('/', $ip)[1] ?? ''; }
	static function checkIPv6($ip) { return filter_var(explode('%', $ip)[0], FILTER_VALIDATE_IP, FILTER_FLAG_IPV6) !== false; }
	static function compress($ip, $force = false) {
		$parts = explode('/', $ip);
		$parts[0] = inet_ntop(inet_pton($parts[0]));
		return implode('/', $parts);
	}
	static function uncompress($ip, $zero = false) { return implode(':', str_split(bin2hex(inet_pton(explode('/', $ip)[0])), 4)); }
	static function getNetmask($ip, $bits = null) {
		if ($bits === null) list($ip, $bits) = explode('/', $ip);
		$mask = str_repeat("\xff", intdiv($bits, 8));
		if ($bits % 8) $mask .= chr(0xff << (8 - $bits % 8) & 0xff);
		return inet_ntop(inet_pton($ip) & str_pad($mask, 16, "\0"));
	}
	static function isInNetmask($ip, $net, $bits = null) {
		list($network, $length) = explode('/', $net) + array(1 => $bits);
		return self::getNetmask($ip, $length) === self::getNetmask($network, $length);
	}
	static function getAddressType($ip) { return 0; }
}
