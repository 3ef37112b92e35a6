using SimulationManager.Core.Grains;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Viewing;

/// <summary>Looks at times where all agents of a feed are. One caller at a time.</summary>
/// <param name="time">The clock.</param>
/// <param name="interval">The time between two looks.</param>
internal sealed class FleetLook(TimeProvider time, TimeSpan interval)
{
    private readonly List<AgentPosition> _found = [];
    private long _dueAt;

    /// <summary>How long until it is time to look.</summary>
    public TimeSpan UntilDue()
    {
        var now = time.GetTimestamp();
        return now >= _dueAt ? TimeSpan.Zero : time.GetElapsedTime(now, _dueAt);
    }

    /// <summary>Where agents are; null: it was looked shortly before.</summary>
    public FleetPositions? LookIfDue(IEnumerable<FeedCohort> cohorts)
    {
        if (UntilDue() > TimeSpan.Zero) return null;
        var step = (long)(interval.TotalSeconds * time.TimestampFrequency);
        var now = time.GetTimestamp();
        // At an even pace; what was missed is not made up for.
        _dueAt = now - _dueAt < step ? _dueAt + step : now + step;
        _found.Clear();
        var at = time.GetUtcNow().ToUnixNanoseconds();
        foreach (var cohort in cohorts) cohort.Look(_found);
        var frames = new Dictionary<string, int>(StringComparer.Ordinal);
        var agents = new WatchedPosition[_found.Count];
        for (var index = 0; index < agents.Length; index++)
        {
            var (agent, name, pose) = _found[index];
            if (!frames.TryGetValue(name, out var frame)) frame = frames[name] = frames.Count;
            agents[index] = new WatchedPosition(agent, frame, pose.X, pose.Y, pose.Z, pose.Qx, pose.Qy, pose.Qz, pose.Qw);
        }
        return new FleetPositions { At = at, Frames = [.. frames.Keys], Agents = agents };
    }
}
