using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>What of that which plays can be changed, as parameters: <c>rate</c> and <c>paused</c>. One call at a time, but <see cref="TakeUpdate"/> may come in between.</summary>
internal sealed class FoxgloveParameters(IViewedPlayback playback)
{
    private const string Rate = "rate", Paused = "paused";

    private static readonly string[] s_names = [Rate, Paused];

    private readonly Lock _lock = new();
    private readonly HashSet<string> _subscribed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);

    /// <summary>Values of parameters.</summary>
    /// <param name="names">Names; none: of all. Those that there are not are left out.</param>
    /// <param name="id">Names the request that this answers; null: none.</param>
    public JsonObject Values(IReadOnlyCollection<string> names, string? id)
    {
        var answer = new JsonObject { ["op"] = "parameterValues", ["parameters"] = new JsonArray([.. s_names.Where(name => names.Count == 0 || names.Contains(name)).Select(ValueOf)]) };
        if (id is not null) answer["id"] = id;
        return answer;
    }

    /// <summary>Changes a parameter.</summary>
    /// <returns>Why it was not changed, for a person; null: it was.</returns>
    public Task<string?> SetAsync(JsonObject parameter, CancellationToken cancellationToken) => ((string?)Text(parameter["name"]), parameter["value"] as JsonValue) switch
    {
        (Rate, { } value) when value.TryGetValue<double>(out var rate) && rate is >= PlaybackOptions.MinRate and <= PlaybackOptions.MaxRate => playback.TryAsync(new RunCommand.SetRate(rate), cancellationToken),
        (Rate, _) => Task.FromResult<string?>($"{Rate} is a number from {PlaybackOptions.MinRate} to {PlaybackOptions.MaxRate}"),
        (Paused, { } value) when value.TryGetValue<bool>(out var paused) => playback.TryAsync(paused ? new RunCommand.Pause() : new RunCommand.Resume(), cancellationToken),
        (Paused, _) => Task.FromResult<string?>($"{Paused} is true or false"),
        var (name, _) => Task.FromResult<string?>($"there is no parameter '{name}'; those are {string.Join(", ", s_names)}"),
    };

    /// <summary>Tells changes of parameters from now on.</summary>
    /// <param name="names">Names; none: all.</param>
    public void Subscribe(IReadOnlyCollection<string> names)
    {
        lock (_lock)
        {
            foreach (var name in s_names.Where(name => names.Count == 0 || names.Contains(name))) _subscribed.Add(name);
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

    private JsonNode ValueOf(string name)
    {
        var now = playback.Now;
        return name == Rate ? new JsonObject { ["name"] = Rate, ["value"] = now.Rate, ["type"] = "float64" } : new JsonObject { ["name"] = Paused, ["value"] = now.IsPaused };
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
