using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Recordings;

/// <summary>
/// A recording that plays from some position on, to its end. A viewer that goes elsewhere gets another one; once this is disposed, nothing comes of it any more. Commands one at a time.
/// </summary>
internal sealed class RecordingPass : IAsyncDisposable
{
    /// <summary>The number of the only agent.</summary>
    private const long Agent = 1;

    private readonly ReplayEngine _engine;
    private readonly ReplayCohort _cohort;
    private readonly CohortViewer _viewer;

    /// <summary>Does not play before <see cref="PlayAsync"/>.</summary>
    /// <param name="engine">Plays it.</param>
    /// <param name="timeline">The recording.</param>
    /// <param name="show">Takes a message; must not wait. One call at a time.</param>
    /// <param name="onMissed">Is told of a message that came faster than it could be read; must not wait.</param>
    /// <param name="logger">Is told when it breaks.</param>
    public RecordingPass(ReplayEngine engine, ReplayTimeline timeline, Action<ViewedMessage> show, Action onMissed, ILogger logger)
    {
        _engine = engine;
        _cohort = engine.CreateCohort(new CohortPlay { Key = $"viewer-{Guid.NewGuid():N}", Timeline = timeline, InstanceIds = [Agent], RepeatCount = 1 });
        _viewer = new CohortViewer(_cohort, new PayloadOptions(), wallClockZero: 0, show, onMissed, logger);
    }

    /// <summary>Completes once it is at its end, or is disposed.</summary>
    public Task Ended => _cohort.Ended;

    /// <summary>Chooses the topics that are shown; of those that were not before, what is latched comes first.</summary>
    /// <param name="topics">Indexes into the timeline's topics.</param>
    public Task ChooseAsync(int[] topics) => _viewer.ChooseAsync(new Dictionary<long, int[]> { [Agent] = topics });

    /// <summary>Plays, or stands.</summary>
    /// <param name="isPaused">Whether it is to stand.</param>
    /// <param name="rate">Speed factor.</param>
    /// <param name="position">Where it goes; what is latched there comes first. Null: nowhere.</param>
    public Task PlayAsync(bool isPaused, double rate, TimeSpan? position) => _cohort.PlayAsync(new Playback(TimeSpan.MaxValue, isPaused, rate, position));

    /// <summary>Where it is, nanoseconds from the recording's first message.</summary>
    public async Task<long> PositionAsync() => (await _cohort.SnapshotAsync()).Agents[0].Position;

    /// <summary>Shows what is left. Once it has ended.</summary>
    public ValueTask CompleteAsync() => _viewer.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await _engine.RemoveAsync(_cohort);
        await _viewer.DiscardAsync();
    }
}
