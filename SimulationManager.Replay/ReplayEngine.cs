using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SimulationManager.Replay;

/// <summary>How much an engine has to do.</summary>
/// <param name="Agents">Agents that have not ended.</param>
/// <param name="MessageRate">Messages per second they put out together, on average.</param>
public readonly record struct EngineLoad(int Agents, double MessageRate);

/// <summary>
/// Plays bags: a few threads drive all agents of a process. It knows bags and time; which agents play what, and on which machine,
/// is its callers' business. For any number of threads.
/// </summary>
public sealed class ReplayEngine : IDisposable
{
    private readonly ConcurrentDictionary<string, ReplayCohort> _cohorts = new(StringComparer.Ordinal);
    private readonly ReplayLane[] _lanes;
    private int _disposed;

    /// <summary>Starts the engine's threads.</summary>
    /// <param name="options">Its settings, which are not to be changed any more.</param>
    /// <param name="time">The clock that agents go by.</param>
    /// <param name="logger">Is told of agents that fail; null: nobody is.</param>
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

    /// <summary>The engine's settings.</summary>
    public ReplayOptions Options { get; }

    /// <summary>The engine's clock.</summary>
    public ReplayClock Clock { get; }

    /// <summary>Messages that all agents have put out since the start.</summary>
    public long MessagesOut => _lanes.Sum(lane => lane.MessagesOut);

    /// <summary>Bytes of their payloads.</summary>
    public long BytesOut => _lanes.Sum(lane => lane.BytesOut);

    /// <summary>Messages left out since the start because they were too late.</summary>
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

    /// <summary>What the engine has to do now.</summary>
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

    /// <summary>A copy of the lateness, in microseconds, of everything that was put out since the start.</summary>
    /// <exception cref="TaskCanceledException">The engine was disposed.</exception>
    public async Task<LatenessHistogram> LatenessAsync()
    {
        var copies = new LatenessHistogram?[_lanes.Length];
        await Task.WhenAll(_lanes.Select((lane, index) => lane.Do(_ => copies[index] = lane.Lateness.Copy())));
        var all = new LatenessHistogram();
        foreach (var copy in copies) all.Add(copy!);
        return all;
    }

    /// <summary>Greatest lateness of a message since the last call.</summary>
    public TimeSpan TakeWorstLateness() => TimeSpan.FromTicks(_lanes.Max(lane => lane.TakeWorstLateness()) / 100);

    /// <summary>Runs all lanes until nothing is due; returns the next deadline in nanoseconds.</summary>
    internal long RunDue()
    {
        var next = ReplayAgent.Never;
        foreach (var lane in _lanes) next = Math.Min(next, lane.RunDue());
        return next;
    }

    /// <summary>Ends the threads: agents stay where they are, and commands are cancelled from here on.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        foreach (var lane in _lanes) lane.Dispose();
    }

    private void Retire(ReplayCohort cohort) => _cohorts.TryRemove(new KeyValuePair<string, ReplayCohort>(cohort.Key, cohort));
}
