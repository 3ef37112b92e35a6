using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SimulationManager.Api.Executions;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>
/// What of that which plays can be changed, as parameters: <c>rate</c>, <c>paused</c>, and of a run <c>faults</c>. One call at a time, but <see cref="TakeUpdate"/> may come in between.
/// </summary>
internal sealed class FoxgloveParameters(IViewedPlayback playback)
{
    private const string Rate = "rate", Paused = "paused", Faults = "faults";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>A recording has no agents that could meet faults.</summary>
    private readonly ViewedPlayback? _run = playback as ViewedPlayback;

    private readonly string[] _names = playback is ViewedPlayback ? [Rate, Paused, Faults] : [Rate, Paused];
    private readonly Lock _lock = new();
    private readonly HashSet<string> _subscribed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);

    /// <summary>Values of parameters.</summary>
    /// <param name="names">Names; none: of all. Those that there are not are left out.</param>
    /// <param name="id">Names the request that this answers; null: none.</param>
    public JsonObject Values(IReadOnlyCollection<string> names, string? id)
    {
        var answer = new JsonObject { ["op"] = "parameterValues", ["parameters"] = new JsonArray([.. _names.Where(name => names.Count == 0 || names.Contains(name)).Select(ValueOf)]) };
        if (id is not null) answer["id"] = id;
        return answer;
    }

    /// <summary>Changes a parameter.</summary>
    /// <returns>Why it was not changed, for a person; null: it was.</returns>
    public Task<string?> SetAsync(JsonObject parameter, CancellationToken cancellationToken) => (Text(parameter["name"]), parameter["value"] as JsonValue) switch
    {
        (Faults, _) when _run is not null => SetFaultsAsync(_run, parameter["value"], cancellationToken),
        (Rate, { } value) when value.TryGetValue<double>(out var rate) && rate is >= PlaybackOptions.MinRate and <= PlaybackOptions.MaxRate => playback.TryAsync(new RunCommand.SetRate(rate), cancellationToken),
        (Rate, _) => Task.FromResult<string?>($"{Rate} is a number from {PlaybackOptions.MinRate} to {PlaybackOptions.MaxRate}"),
        (Paused, { } value) when value.TryGetValue<bool>(out var paused) => playback.TryAsync(paused ? new RunCommand.Pause() : new RunCommand.Resume(), cancellationToken),
        (Paused, _) => Task.FromResult<string?>($"{Paused} is true or false"),
        var (name, _) => Task.FromResult<string?>($"there is no parameter '{name}'; those are {string.Join(", ", _names)}"),
    };

    /// <summary>Tells changes of parameters from now on.</summary>
    /// <param name="names">Names; none: all.</param>
    public void Subscribe(IReadOnlyCollection<string> names)
    {
        lock (_lock)
        {
            foreach (var name in _names.Where(name => names.Count == 0 || names.Contains(name))) _subscribed.Add(name);
        }
    }

    /// <summary>Tells no more changes.</summary>
    /// <param name="names">Names; none: all.</param>
    public void Unsubscribe(IReadOnlyCollection<string> names)
    {
        lock (_lock) _subscribed.RemoveWhere(name => names.Count == 0 || names.Contains(name));
    }

    /// <summary>Values that have changed since they were told; null: none.</summary>
    public JsonObject? TakeUpdate()
    {
        lock (_lock)
        {
            if (!playback.IsKnown) return null;
            List<string> changed = [];
            foreach (var name in _subscribed)
            {
                var value = ValueOf(name).ToJsonString();
                if (_told.GetValueOrDefault(name) == value) continue;
                _told[name] = value;
                changed.Add(name);
            }
            return changed.Count == 0 ? null : Values(changed, id: null);
        }
    }

    /// <summary>By the protocol's text, values that are told can have objects in them, and those that are set cannot: both a list and its text are taken. Unset, there are no faults.</summary>
    private static async Task<string?> SetFaultsAsync(ViewedPlayback run, JsonNode? value, CancellationToken cancellationToken)
    {
        try
        {
            var asked = value is JsonValue ? JsonNode.Parse(Text(value) ?? "") : value;
            FaultsRequest?[] faults = asked is null ? [] : asked.Deserialize<FaultsRequest?[]>(s_json)!;
            if (faults.All(entry => entry is not null)) return await run.TryInjectAsync(faults!, cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // Told below.
        }
        return $$"""{{Faults}} is a list such as [{"stepOrder":1,"faults":[{"kind":"drop","rate":0.5}]}], or that as a text; without stepOrder or groupId all parts are meant""";
    }

    private JsonNode ValueOf(string name)
    {
        var now = playback.Now;
        return name switch
        {
            Rate => new JsonObject { ["name"] = Rate, ["value"] = now.Rate, ["type"] = "float64" },
            Paused => new JsonObject { ["name"] = Paused, ["value"] = now.IsPaused },
            _ => new JsonObject { ["name"] = Faults, ["value"] = JsonSerializer.SerializeToNode(_run!.Faults, s_json) },
        };
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
