using Microsoft.Extensions.Options;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Listening;

/// <summary>Which cohort is to be recorded, and how.</summary>
/// <param name="ExecutionId">The run.</param>
/// <param name="SimulationId">Its simulation.</param>
/// <param name="Options">What is recorded.</param>
/// <param name="Payloads">What agents change in payloads, and their names.</param>
public sealed record RecordedCohort(long ExecutionId, long SimulationId, RecordOptions Options, PayloadOptions Payloads);

/// <summary>Records what the agents of this silo put out, of runs that ask for it.</summary>
public sealed class RunRecorders(RunListeners listeners, ReplayEngine engine, IOptions<ListeningOptions> options, TimeProvider time, ILogger<RunRecorders> logger)
{
    /// <summary>Topics of all agents together: as many as a file can have.</summary>
    private const int MaxTopics = 65_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, OpenRun> _open = [];

    /// <summary>Begins to record a cohort.</summary>
    /// <param name="cohort">The cohort.</param>
    /// <param name="timeline">What its agents play.</param>
    public RecordingCohort Open(RecordedCohort cohort, ReplayTimeline timeline)
    {
        ArgumentNullException.ThrowIfNull(cohort);
        lock (_lock)
        {
            if (_open.GetValueOrDefault(cohort.ExecutionId) is { } open && Add(open) is { } added) return added;
            return Add(_open[cohort.ExecutionId] = Begin(cohort))!;
        }

        RecordingCohort? Add(OpenRun run) => run.Agents.Add(
            series => new CohortRecorder(
                new CohortRecording
                {
                    Timeline = timeline,
                    Simulation = $"{cohort.SimulationId}",
                    Payloads = cohort.Payloads,
                    Topics = cohort.Options.Topics,
                    SeriesOf = series,
                    WallClockZero = engine.Clock.ZeroOn(time),
                },
                run.Taken,
                time,
                logger),
            timeline) is { } recorder
            ? new RecordingCohort(recorder.Queue, () => run.Recorder.Recording, () => CloseAsync(cohort.ExecutionId, run, recorder))
            : null;
    }

    private OpenRun Begin(RecordedCohort cohort)
    {
        var taken = new HeardMessages(options.Value.QueueBytes, time, MaxTopics);
        var agents = new AgentRecording(cohort.Options, taken, time.GetUtcNow());
        var plan = new RecorderPlan
        {
            ExecutionId = cohort.ExecutionId, SimulationId = cohort.SimulationId, Kind = RecordingKind.Published, Endpoint = "", Silo = "", IsPerAgent = cohort.Options.Per == RecordScope.Agent,
        };
        return new OpenRun(agents, taken, listeners.Record(plan, agents, taken));
    }

    private async ValueTask CloseAsync(long executionId, OpenRun run, CohortRecorder recorder)
    {
        if (!await run.Agents.RemoveAsync(recorder)) return;
        lock (_lock)
        {
            if (_open.GetValueOrDefault(executionId) == run) _open.Remove(executionId);
        }
        run.Recorder.End(isOver: false);
    }

    private sealed record OpenRun(AgentRecording Agents, HeardMessages Taken, RunListener Recorder);
}

/// <summary>The recording of one cohort.</summary>
/// <param name="queue">Where its agents' messages are put in.</param>
/// <param name="status">Tells how it goes with all cohorts of the run on this silo.</param>
/// <param name="close">Ends it.</param>
public sealed class RecordingCohort(SinkQueue queue, Func<RecordingStatus> status, Func<ValueTask> close) : IAsyncDisposable
{
    public SinkQueue Queue { get; } = queue;

    /// <summary>How it goes with all cohorts of the run on this silo.</summary>
    public RecordingStatus Status => status();

    /// <summary>Records what its agents have put out, who put out nothing more. What is recorded is stored in the background.</summary>
    public ValueTask DisposeAsync() => close();
}
