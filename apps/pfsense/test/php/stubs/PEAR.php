<?php
class PEAR {
	static function loadExtension($name) { return true; }
	static function isError($value) { return false; }
}
