-- Decides over a request. The hot path is `check`.

-- Only for an address on the list, so that all others pay nothing for it.
local function counts(ends)
  return ends > time() and var.crowdsec_disable_bouncer ~= "1"
end

local function record(family, kind)
  local name = names[band(kind, ORIGIN_MASK) + 1] or "other"
  tally("dropped " .. family .. " " .. name)
  note(name)
  return name
end

local function blocked(family, kind, ends)
  if not counts(ends) then return end
  local is_captcha = captcha and band(kind, CAPTCHA_BIT) ~= 0
  if is_captcha and may_pass() then return end
  local name = record(family, kind)
  if is_captcha then return captcha() end
  return refuse(BAN_STATUS, name)
end

-- Until when the list is fresh: the timer puts it off. Where it does not run (a worker that shuts down has no timers, and
-- others may use up all of them), requests look for a new list themselves, once a second.
local fresh_from, fresh_until = 0, 0
local catch_up

local function number_of(a, b, c, d)
  return a * 16777216 + b * 65536 + c * 256 + d
end

-- Internal redirects (index, try_files, error_page) come here again: they are looked at, and not counted. A rewrite is
-- internal as well, and comes for the first time, so what tells is when a request of this client began.
local is_internal, start_time = ngx.req.is_internal, ngx.req.start_time
local starts = ffi.new("double[4096]")

local function is_new(client, began)
  local at = band(client, 4095)
  if starts[at] == began and is_internal() then return false end
  starts[at] = began
  return true
end

local function check4(address)
  local began = start_time()
  if began > fresh_until or began < fresh_from then catch_up() end
  if is_new(address, began) then
    clean4 = clean4 + 1
    if band(clean4, 63) == 1 then sample(address) end
  end
  local index = find4(address)
  if index then return blocked("4", class4[index], end4[index]) end
end

local function check6(a, b, c, d)
  if a == 0 and b == 0 and c == 65535 then return check4(d) end
  local began = start_time()
  if began > fresh_until or began < fresh_from then catch_up() end
  if is_new(d, began) then clean6 = clean6 + 1 end
  local index = find6(a, b, c, d)
  if index then return blocked("6", class6[index], end6[index]) end
end

-- Any other length than 4 and 16 is that of a unix socket.
local function check_text()
  local address = var.binary_remote_addr
  local length = #address
  if length == 4 then return check4(number_of(byte(address, 1, 4))) end
  if length == 16 then
    return check6(number_of(byte(address, 1, 4)), number_of(byte(address, 5, 8)), number_of(byte(address, 9, 12)),
      number_of(byte(address, 13, 16)))
  end
end

-- The same by the function that ngx.var itself calls, without making a string of it: saves a whole microsecond.
-- Gives nothing where this NGINX is built in another way.
local function fast_check()
  local request = require("resty.core.base").get_request
  local get = C.ngx_http_lua_ffi_var_get
  local lower, value, size = ffi.new("char[32]"), ffi.new("unsigned char *[1]"), ffi.new("size_t[1]")
  local fault = ffi.new("char *[1]")
  local function read()
    if get(request(), "binary_remote_addr", 18, lower, 0, value, size, fault) ~= 0 then return nil, 0 end
    return value[0], size[0]
  end
  local at, length = read()
  if at == nil or ffi.string(at, length) ~= var.binary_remote_addr then return end
  return function()
    local v, n = read()
    if n == 4 then return check4(number_of(v[0], v[1], v[2], v[3])) end
    if n == 16 then
      return check6(number_of(v[0], v[1], v[2], v[3]), number_of(v[4], v[5], v[6], v[7]),
        number_of(v[8], v[9], v[10], v[11]), number_of(v[12], v[13], v[14], v[15]))
    end
  end
end

local is_fast, check = pcall(fast_check)
if not is_fast or not check then check = check_text end
