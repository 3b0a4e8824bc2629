-- Reads decisions.bin: at the first request of a worker, then whenever it has changed. Between two blocks of a file that
-- is read later the worker does its other work, so that no request waits for more than one block.
-- Each worker has a copy of its own, 16 MB of a million entries. A shared mapping of the file would save that, but whoever cuts
-- the file short in place would end every worker by SIGBUS, and whoever writes over it would change a list that was checked.

-- 64 kB: less than half a millisecond of a slow core.
local BLOCK_WORDS = 16384

local ffi = require "ffi"
local bit = require "bit"
local ngx = ngx
local band, bxor, rshift, tobit = bit.band, bit.bxor, bit.rshift, bit.tobit
local byte, sub, min = string.byte, string.sub, math.min
local time = ngx.time

-- Names of our own for functions of the C library: somebody else may have declared those with other types.
pcall(ffi.cdef, [[
void *crowdsec_malloc(size_t size) __asm__("malloc");
void crowdsec_free(void *block) __asm__("free");
size_t crowdsec_fread(void *into, size_t size, size_t count, void *file) __asm__("fread");
]])
local C = ffi.C
local words_type, bytes_type = ffi.typeof("uint32_t *"), ffi.typeof("uint8_t *")

-- The list as it lies in memory: sorted segments of both families. size4 is nil until a first file was read.
local size4, first4, last4, end4, class4
local size6, first6, last6, end6, class6
local names = {}
local memory, header
local complaint

local crc0, crc1, crc2, crc3
local function crc_tables()
  crc0, crc1, crc2, crc3 = ffi.new("int32_t[256]"), ffi.new("int32_t[256]"), ffi.new("int32_t[256]"), ffi.new("int32_t[256]")
  for index = 0, 255 do
    local value = index
    for _ = 1, 8 do
      if band(value, 1) == 1 then value = bxor(rshift(value, 1), 0xedb88320) else value = rshift(value, 1) end
    end
    crc0[index] = tobit(value)
  end
  for index = 0, 255 do
    crc1[index] = bxor(rshift(crc0[index], 8), crc0[band(crc0[index], 255)])
    crc2[index] = bxor(rshift(crc1[index], 8), crc0[band(crc1[index], 255)])
    crc3[index] = bxor(rshift(crc2[index], 8), crc0[band(crc2[index], 255)])
  end
end

-- CRC-32 of whole words, four bytes at a time; begin with -1 and take bnot of the end.
local function crc_of(crc, words, from, count)
  for index = from, from + count - 1 do
    local word = bxor(crc, tobit(words[index]))
    crc = bxor(bxor(crc3[band(word, 255)], crc2[band(rshift(word, 8), 255)]),
      bxor(crc1[band(rshift(word, 16), 255)], crc0[rshift(word, 24)]))
  end
  return crc
end

local function number_at(text, at)
  local a, b, c, d = byte(text, at + 1, at + 4)
  return a + b * 256 + c * 65536 + d * 16777216
end

local function header_fault(text)
  if #text < HEADER_BYTES then return "it is cut off" end
  if sub(text, 1, 8) ~= MAGIC then return "it is no decisions file" end
  local copy = ffi.new("uint32_t[?]", HEADER_BYTES / 4)
  ffi.copy(copy, text, HEADER_BYTES)
  if bit.bnot(crc_of(-1, copy, 0, HEADER_BYTES / 4 - 1)) ~= tobit(number_at(text, HEADER_BYTES - 4)) then
    return "its header is damaged"
  end
  if number_at(text, 8) ~= VERSION then return "it is of another version: reload NGINX" end
end

-- Gives the body's memory, or nil and why not. pause is called between blocks.
local function read_body(file, text, pause)
  local size = number_at(text, 24)
  local block = C.crowdsec_malloc(size + 4)
  if block == nil then return nil, "there is no memory for it" end
  local into = ffi.cast(bytes_type, block)
  local words = ffi.cast(words_type, block)
  local crc, done, total = -1, 0, size / 4
  while done < total do
    local count = min(BLOCK_WORDS, total - done)
    if C.crowdsec_fread(into + done * 4, 4, count, file) ~= count then
      C.crowdsec_free(block)
      return nil, "it is cut off"
    end
    crc = crc_of(crc, words, done, count)
    done = done + count
    if pause and done < total then pause() end
  end
  if bit.bnot(crc) ~= tobit(number_at(text, 28)) then
    C.crowdsec_free(block)
    return nil, "its checksum is wrong"
  end
  return block
end

local function adopt(text, block)
  local old = memory
  local n, m = number_at(text, 12), number_at(text, 16)
  local words = ffi.cast(words_type, block)
  size4, first4, last4, end4 = n, words, words + n, words + 2 * n
  size6, first6, last6, end6 = m, words + 3 * n, words + 3 * n + 4 * m, words + 3 * n + 8 * m
  class4 = ffi.cast(bytes_type, words + 3 * n + 9 * m)
  class6 = class4 + n
  names = {}
  for name in string.gmatch(ffi.string(class6 + m, number_at(text, 20)), "[^\n]+") do names[#names + 1] = name end
  -- With lua_code_cache off every request ends with the end of its own Lua, and of the list in it.
  memory, header = ffi.gc(block, C.crowdsec_free), text
  -- Nothing of the old list is in use: a look-up never waits.
  if old then C.crowdsec_free(ffi.gc(old, nil)) end
end

-- Takes the file in if it is another than the last one. What is in memory stays unless the new one is whole.
local function read_list(pause)
  if not crc0 then crc_tables() end
  local file, fault = io.open(FILE, "rb")
  if file then
    local text = file:read(HEADER_BYTES) or ""
    if text == header then
      file:close()
      complaint = nil
      return
    end
    fault = header_fault(text)
    if not fault then
      local block
      block, fault = read_body(file, text, pause)
      if block then adopt(text, block) end
    end
    file:close()
  end
  if fault and fault ~= complaint then
    ngx.log(ngx.ERR, "crowdsec: ", FILE, " is not used: ", fault,
      size4 and "; the list of before stays" or OPEN_WHEN_MISSING and "; nothing is blocked" or "; all is refused")
  end
  complaint = fault
end
