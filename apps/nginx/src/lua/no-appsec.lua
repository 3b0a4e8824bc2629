-- In place of appsec.lua where AppSec is not asked.

local inspect, appsec_tick = nil, nil
