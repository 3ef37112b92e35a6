using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Lateness percentiles of each agent of a cohort for viewers, a bounded number of agents brought up to date per call:
/// with thousands of agents all histograms at once would cost the lanes their caches.
/// </summary>
internal sealed class AgentLatenessView(ReplayCohort cohort)
{
    private const int AgentsPerCall = 1000;

    private readonly long[] _ids = [.. cohort.InstanceIds];
    private readonly Dictionary<long, (int P50, int P99)> _lateness = [];
    private int _next;

    /// <summary>Brings the next agents up to date.</summary>
    public void Refresh()
    {
        for (var left = Math.Min(AgentsPerCall, _ids.Length); left > 0; left--)
        {
            var id = _ids[_next];
            _lateness[id] = (Of(id, 0.5), Of(id, 0.99));
            _next = (_next + 1) % _ids.Length;
        }
    }

    /// <summary>The agent's percentiles in microseconds.</summary>
    public (int P50, int P99) this[long instanceId] => _lateness.GetValueOrDefault(instanceId);

    private int Of(long instanceId, double fraction) => (int)Math.Min(int.MaxValue, cohort.PeekLateness(instanceId, fraction));
}
