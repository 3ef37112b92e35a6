using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;

namespace SimulationManager.Worker.Replay;

/// <summary>How much an engine has to do.</summary>
/// <param name="Agents">Agents that have not ended.</param>
/// <param name="MessageRate">Messages per second they put out together, on average.</param>
public readonly record struct EngineLoad(int Agents, double MessageRate);

/// <summary>
/// The silo's one replay engine: a few threads drive all agents of all executions. It knows bags and time; steps, executions
/// and other silos are its callers' business.
/// </summary>
public sealed class ReplayEngine : IDisposable
{
    private readonly ConcurrentDictionary<string, ReplayCohort> _cohorts = new(StringComparer.Ordinal);
    private readonly ReplayLane[] _lanes;
    private int _disposed;

    /// <summary>Starts the engine's threads.</summary>
    public ReplayEngine(ReplayOptions options, TimeProvider time, ILogger<ReplayEngine>? logger = null)
        : this(options, time, runsItself: true, logger ?? NullLogger<ReplayEngine>.Instance)
    {
    }

    private ReplayEngine(ReplayOptions options, TimeProvider time, bool runsItself, ILogger logger)
    {
        Options = options;
        Clock = new ReplayClock(time);
        _lanes = [.. Enumerable.Range(0, options.EffectiveLanes()).Select(number => new ReplayLane(number, Clock, options, runsItself, logger))];
    }

    /// <summary>An engine without threads: its owner moves the time and calls <see cref="RunDue"/>.</summary>
    internal static ReplayEngine DrivenByHand(ReplayOptions options, TimeProvider time) =>
        new(options, time, runsItself: false, NullLogger.Instance);

    public ReplayOptions Options { get; }
    public ReplayClock Clock { get; }
    public long MessagesOut => _lanes.Sum(lane => lane.MessagesOut);
    public long BytesOut => _lanes.Sum(lane => lane.BytesOut);
    public long Dropped => _lanes.Sum(lane => lane.Dropped);

    /// <summary>Registers agents; they begin when the cohort is told to.</summary>
    /// <exception cref="InvalidOperationException">A cohort with this key is there already.</exception>
    public ReplayCohort CreateCohort(CohortPlay play)
    {
        // Lanes take turns in getting the odd agent.
        var first = _cohorts.Count % _lanes.Length;
        var cohort = new ReplayCohort(play, [.. _lanes[first..], .. _lanes[..first]], Retire);
        if (cohort.AgentsLeft > 0 && !_cohorts.TryAdd(play.Key, cohort)) throw new InvalidOperationException($"The cohort '{play.Key}' plays here already.");
        return cohort;
    }

    /// <summary>Lets go of a cohort that was never begun, or stops it.</summary>
    public async Task RemoveAsync(ReplayCohort cohort)
    {
        await cohort.StopAsync();
        Retire(cohort);
    }

    public EngineLoad GetLoad()
    {
        var agents = 0;
        double rate = 0;
        foreach (var (_, cohort) in _cohorts)
        {
            agents += cohort.AgentsLeft;
            rate += cohort.MessageRate;
        }
        return new EngineLoad(agents, rate);
    }

    /// <summary>A copy of the lateness of everything that was put out since the start.</summary>
    public async Task<LatenessHistogram> LatenessAsync()
    {
        var copies = new LatenessHistogram?[_lanes.Length];
        await Task.WhenAll(_lanes.Select((lane, index) => lane.Do(_ => copies[index] = lane.Lateness.Copy())));
        var all = new LatenessHistogram();
        foreach (var copy in copies) all.Add(copy!);
        return all;
    }

    /// <summary>Greatest lateness since the last call.</summary>
    public TimeSpan TakeWorstLateness() => TimeSpan.FromTicks(_lanes.Max(lane => lane.TakeWorstLateness()) / 100);

    /// <summary>Runs all lanes until nothing is due; returns the next deadline in nanoseconds.</summary>
    internal long RunDue()
    {
        var next = ReplayAgent.Never;
        foreach (var lane in _lanes) next = Math.Min(next, lane.RunDue());
        return next;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        foreach (var lane in _lanes) lane.Dispose();
    }

    private void Retire(ReplayCohort cohort) => _cohorts.TryRemove(new KeyValuePair<string, ReplayCohort>(cohort.Key, cohort));
}
