-- For editors, and for test/lua.test.ts.
std = "ngx_lua"
max_line_length = false
-- Parts of one script: each sees the locals of those before it. What one lacks or leaves unused shows in the whole only.
files["src/lua/*.lua"] = { ignore = { "111", "113", "211", "221", "231", "311", "411", "511" } }
files["src/lua/{access,header-filter,body-filter}.lua"] = { ignore = {} }
