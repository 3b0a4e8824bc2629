-- Written by crowdsec-nginx-bouncer, and written anew when its settings change. Reload NGINX to use a new one.
-- It ends the request of who is blocked, and returns for all others. "load" only makes it ready.

-- settings: the connector writes its own in place of these
local KEY = "crowdsec /output" -- in package.loaded
local FILE = "/output/decisions.bin"
local BAN_STATUS = 403
local BAN_PAGE = "<h1>Access refused</h1>"
local BAN_REDIRECT = false -- or where who is banned is sent
local REMEDIATION_HEADER = false -- or the name of a header that tells `ban` or `captcha`
local OPEN_WHEN_MISSING = true
local CAPTCHA_PATH = "/crowdsec-captcha"
local MAGIC = "CSBLIST\010" -- this and all below: the layout of decisions.bin
local VERSION = 1
local HEADER_BYTES = 64
local ORIGIN_MASK = 63
local CAPTCHA_BIT = 128
-- end of settings

-- NGINX runs the file for every request; all but these lines run once in each worker.
local ONLY_LOAD = ... == "load"
local bouncer = package.loaded[KEY]
if bouncer and ONLY_LOAD then return end
if bouncer then return bouncer() end
