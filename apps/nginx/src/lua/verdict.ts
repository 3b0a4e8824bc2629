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
  ngx.ctx.crowdsec_answered = true
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

local function wants_json()
  local accept = var.http_accept or ""
  return string.find(accept, "application/json", 1, true) and not string.find(accept, "text/html", 1, true)
end

local function refusal(status)
  if wants_json() then return "application/json", '{"error":"blocked","status":' .. status .. "}" end
  return "text/html; charset=utf-8", BAN_PAGE
end

local function refuse(status)
  if status == 444 then return ngx.exit(444) end
  return answer(status, refusal(status))
end

local function note(name)
  local client = var.remote_addr
  if told[client] or told_count >= LOG_MOST then return end
  told[client], told_count = true, told_count + 1
  ngx.log(ngx.INFO, "crowdsec: ", client, " is blocked (", name, ")")
end

`;

/** Decides over a request. The hot path is `check`. */
export const verdictLua = `
-- Only for an address on the list, so that all others pay nothing for it.
local function counts(ends)
  return ends > time() and var.crowdsec_disable_bouncer ~= "1"
end

local function record(family, kind)
  local name = names[band(kind, ${ORIGIN_MASK}) + 1] or "other"
  tally("dropped " .. family .. " " .. name)
  note(name)
end

local function blocked(family, kind, ends)
  if not counts(ends) then return end
  local is_captcha = captcha and band(kind, ${CAPTCHA_BIT}) ~= 0
  if is_captcha and may_pass() then return end
  record(family, kind)
  if is_captcha then return captcha() end
  return refuse(BAN_STATUS)
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

local ok, check = pcall(fast_check)
if not ok or not check then check = check_text end
`;
