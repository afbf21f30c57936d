-- Health of a SchemaMigration. The generation is looked at first: a fresh edit is never Healthy.
local hs = {status = "Progressing", message = "Waiting for the operator"}
local status = obj.status
if status == nil or status.observedGeneration ~= obj.metadata.generation then
  return hs
end
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local function is_true(name)
  return conditions[name] ~= nil and conditions[name].status == "True"
end
local ready = conditions["Ready"]
if ready == nil then
  return hs
end
hs.message = (ready.reason or "Unknown") .. ": " .. (ready.message or "")
if is_true("Stalled") then
  hs.status = "Degraded"
elseif is_true("Reconciling") then
  hs.status = "Progressing"
elseif ready.status == "True" then
  hs.status = "Healthy"
elseif ready.reason == "AwaitingApproval" or ready.reason == "Suspended" then
  -- Only a person can go on from here. A lock or a backoff ends by itself and stays Progressing.
  hs.status = "Suspended"
end
return hs
