-- Finds an address in the list, and refuses a request.

local LOG_EVERY, MAX_LOG_LINES = 60, 200
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

local function set_head(status, kind, body)
  ngx.status = status
  local headers = ngx.header
  headers["Content-Type"] = kind
  headers["Content-Length"] = #body
  headers["Cache-Control"] = "no-store"
  headers["Vary"] = "Accept"
  return headers
end

local function answer(status, kind, body)
  ngx.ctx.crowdsec_answered = true
  set_head(status, kind, body)
  if ngx.req.get_method() == "HEAD" then ngx.send_headers() else ngx.print(body) end
  -- OK, since the status was sent: it ends the request, and error_page never hears of it.
  return ngx.exit(ngx.HTTP_OK)
end

local function wants_json()
  local accept = var.http_accept or ""
  return string.find(accept, "application/json", 1, true) and not string.find(accept, "text/html", 1, true)
end

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }
local has_places = string.find(BAN_PAGE, "{{%l") ~= nil

local function ban_page(reason)
  if not has_places then return BAN_PAGE end
  local values = { host = var.host, reason = reason, address = var.remote_addr, request_id = var.request_id }
  return (string.gsub(BAN_PAGE, "{{([%l_]+)}}", function(name)
    return values[name] and string.gsub(sub(values[name], 1, 200), "[&<>\"']", entities)
  end))
end

-- Type and body of a refusal.
local function refusal(status, reason)
  if REMEDIATION_HEADER then ngx.header[REMEDIATION_HEADER] = "ban" end
  if wants_json() then
    return "application/json", '{"error":"blocked","status":' .. status .. ',"request_id":"' .. (var.request_id or "") .. '"}'
  end
  return "text/html; charset=utf-8", ban_page(reason)
end

-- Whether who is banned is sent elsewhere instead.
local function is_redirected(status)
  return BAN_REDIRECT and status == BAN_STATUS and not wants_json()
end

local function refuse(status, reason)
  if status == 444 then return ngx.exit(444) end
  if is_redirected(status) then
    if REMEDIATION_HEADER then ngx.header[REMEDIATION_HEADER] = "ban" end
    ngx.header["Location"] = BAN_REDIRECT
    return answer(302, "text/html; charset=utf-8", "")
  end
  return answer(status, refusal(status, reason))
end

local function note(name)
  local client = var.remote_addr
  if told[client] or told_count >= MAX_LOG_LINES then return end
  told[client], told_count = true, told_count + 1
  ngx.log(ngx.INFO, "crowdsec: ", client, " is blocked (", name, ")")
end
