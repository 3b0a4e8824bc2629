import { CAPTCHA_BIT, ORIGIN_MASK } from '../decisions/layout.ts';

/** Finds an address in the list, and refuses a request. */
export const lookupLua = `
local LOG_EVERY, LOG_MOST = 60, 200
local var = ngx.var
local told, told_count = {}, 0
local clean4, clean6, tallies = 0, 0, {}

local function tally(key)
  tallies[key] = (tallies[key] or 0) + 1
end

-- One IPv4 client in 64, at least one a second: when all are private, NGINX sees its proxy instead of its clients.
local function sample(address)
  local high = rshift(address, 16)
  local is_private = rshift(high, 8) == 10 or rshift(high, 4) == 0xac1 or high == 0xc0a8 or rshift(high, 8) == 127
  tally(is_private and "seen private" or "seen public")
end

local function find4(address)
  local low, high = 0, size4
  while low < high do
    local middle = rshift(low + high, 1)
    if first4[middle] <= address then low = middle + 1 else high = middle end
  end
  if low > 0 and last4[low - 1] >= address then return low - 1 end
end

local function not_above(list, index, a, b, c, d)
  local at = index * 4
  local x = list[at]
  if x ~= a then return x < a end
  x = list[at + 1]
  if x ~= b then return x < b end
  x = list[at + 2]
  if x ~= c then return x < c end
  return list[at + 3] <= d
end

local function find6(a, b, c, d)
  local low, high = 0, size6
  while low < high do
    local middle = rshift(low + high, 1)
    if not_above(first6, middle, a, b, c, d) then low = middle + 1 else high = middle end
  end
  if low == 0 then return end
  low = low - 1
  local at = low * 4
  -- last >= address is the same as not (last < address), and last <= address - 0 only when equal.
  if last6[at] == a and last6[at + 1] == b and last6[at + 2] == c and last6[at + 3] == d then return low end
  if not not_above(last6, low, a, b, c, d) then return low end
end

local function answer(status, kind, body)
  ngx.status = status
  local headers = ngx.header
  headers["Content-Type"] = kind
  headers["Content-Length"] = #body
  headers["Cache-Control"] = "no-store"
  headers["Vary"] = "Accept"
  if ngx.req.get_method() == "HEAD" then ngx.send_headers() else ngx.print(body) end
  -- OK, since the status was sent: it ends the request, and error_page never hears of it.
  return ngx.exit(ngx.HTTP_OK)
end

local function refuse(status)
  if status == 444 then return ngx.exit(444) end
  local accept = var.http_accept or ""
  if string.find(accept, "application/json", 1, true) and not string.find(accept, "text/html", 1, true) then
    return answer(status, "application/json", '{"error":"blocked","status":' .. status .. "}")
  end
  return answer(status, "text/html; charset=utf-8", BAN_PAGE)
end

local function note(name)
  local client = var.remote_addr
  if told[client] or told_count >= LOG_MOST then return end
  told[client], told_count = true, told_count + 1
  ngx.log(ngx.INFO, "crowdsec: ", client, " is blocked (", name, ")")
end

`;

/** Decides over a request, then starts all of it. The hot path is `check`. */
export const verdictLua = `
-- Only for an address on the list, so that all others pay nothing for it.
local function blocked(family, kind, ends)
  if ends <= time() or var.crowdsec_disable_bouncer == "1" then return end
  local is_captcha = captcha and band(kind, ${CAPTCHA_BIT}) ~= 0
  if is_captcha and may_pass() then return end
  local name = names[band(kind, ${ORIGIN_MASK}) + 1] or "other"
  tally("dropped " .. family .. " " .. name)
  note(name)
  if is_captcha then return captcha() end
  return refuse(BAN_STATUS)
end

local function number_of(a, b, c, d)
  return a * 16777216 + b * 65536 + c * 256 + d
end

local function check4(address)
  clean4 = clean4 + 1
  if band(clean4, 63) == 1 then sample(address) end
  local index = find4(address)
  if index then return blocked("4", class4[index], end4[index]) end
end

local function check6(a, b, c, d)
  if a == 0 and b == 0 and c == 65535 then return check4(d) end
  clean6 = clean6 + 1
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

local ok, check = pcall(fast_check)
if not ok or not check then check = check_text end

local function check_or_missing()
  if size4 then return check() end
  if not OPEN_WHEN_MISSING then return refuse(503) end
end

local function count()
  local stats = ngx.shared.crowdsec_stats
  if not stats then
    tallies = {}
    return
  end
  if clean4 > 0 then stats:incr("processed 4", clean4, 0) end
  if clean6 > 0 then stats:incr("processed 6", clean6, 0) end
  for key, number in pairs(tallies) do stats:incr(key, number, 0) end
  clean4, clean6, tallies = 0, 0, {}
end

local ticks, busy = 0, false
local function tick(premature)
  ticks = ticks + 1
  if ticks % LOG_EVERY == 0 then told, told_count = {}, 0 end
  pcall(count)
  if captcha_tick then captcha_tick() end
  if busy or premature then return end
  busy = true
  local ok, fault = pcall(read_list, function() ngx.sleep(0) end)
  busy = false
  if not ok then ngx.log(ngx.ERR, "crowdsec: ", fault) end
  if size4 then package.loaded[KEY] = check end
end

-- The first request of a worker. Should anything fail here, requests are served or refused as for a missing file.
local ok, fault = pcall(function()
  if not ffi.abi("le") then error("this processor counts its bytes the other way round") end
  local started, why = ngx.timer.every(1, tick)
  if not started then error(why) end
  read_list()
end)
if not ok then ngx.log(ngx.ERR, "crowdsec: ", fault) end
package.loaded[KEY .. " entries"] = function() return (size4 or 0) + (size6 or 0) end
package.loaded[KEY] = size4 and check or check_or_missing
return package.loaded[KEY]()
`;
