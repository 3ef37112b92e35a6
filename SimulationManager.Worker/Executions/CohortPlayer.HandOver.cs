using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>How a cohort gives agents to another silo.</summary>
public sealed partial class CohortPlayer
{
    /// <summary>How long agents that are handed over may take to publish what they have put out: it is a gap in what they play.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMilliseconds(250);

    private HandOver? _handOver;
    private bool _isHandingOver;
    private long _handedOverTo;

    /// <summary>
    /// Hands agents over to another silo. They keep their times: what falls due on the way goes out late there. Those that stay follow
    /// directives, however long it takes to save.
    /// </summary>
    private async Task HandOverAsync(PlayedCohort played, HandOver handOver)
    {
        // No checkpoint that has the agents may be saved afterwards.
        using var saving = await Turn.TakeAsync(_saving);
        try
        {
            if (await DetachAsync(played, handOver) is not var (detached, kept, given)) return;
            var isSaved = given.Agents.Count > 0 && await SaveHandOverAsync(kept, handOver.CohortId, given);
            using var following = await Turn.TakeAsync(_following);
            _isHandingOver = false;
            if (isSaved)
            {
                // First: an outcome must not be reported without it.
                _handedOverTo = handOver.CohortId;
                played.Cohort.Forget(detached);
                // The other silo connects with the same names.
                if (_output is { } output) await output.RemoveAsync(NumbersOf(detached));
            }
            else
            {
                played.KeepGiven(detached);
                await played.Cohort.PutBackAsync(detached, _followed is { Order: CohortOrder.Play } followed ? PlaybackOf(followed, given.SeekEpoch) : null);
                if (_followed?.Removed is { } removed) await played.Cohort.StopAsync(removed.Contains);
            }
            if (_directive is { Order: CohortOrder.End }) await EndAsync();
        }
        catch (Exception exception)
        {
            // Released or leaving: others go on from what is saved.
            LogHandOverFailed(_services.Logger, exception, Key, handOver.CohortId);
        }
        _news.Set();
    }

    private async Task<(DetachedAgents Detached, CohortCheckpoint Kept, CohortCheckpoint Given)?> DetachAsync(PlayedCohort played, HandOver handOver)
    {
        using var following = await Turn.TakeAsync(_following);
        if (_released.IsCancellationRequested || _isLeaving || _outcome is not null || _directive is { Order: CohortOrder.End } || _handOver == handOver) return null;
        (_handOver, _isHandingOver) = (handOver, true);
        var detached = await played.Cohort.DetachAsync(handOver.Agents);
        var at = _services.Time.GetUtcNow();
        if (_output is { } output) await output.DrainAsync(NumbersOf(detached), DrainLimit);
        var given = await played.GiveAsync(detached, _seekEpoch, at);
        return (detached, await played.CheckpointAsync(_seekEpoch, playsOn: true), given);
    }

    private static IReadOnlyList<long> NumbersOf(DetachedAgents detached) => [.. detached.Agents.Select(agent => agent.InstanceId)];

    /// <summary>Tries until it is known whether the agents are handed over: only then is it clear who plays them.</summary>
    private async Task<bool> SaveHandOverAsync(CohortCheckpoint kept, long to, CohortCheckpoint given)
    {
        while (true)
        {
            try
            {
                return await _services.Store.HandOverAsync(Key, kept, to, given, _released);
            }
            catch (Exception exception) when (!_isLeaving && !_released.IsCancellationRequested)
            {
                LogHandOverFailed(_services.Logger, exception, Key, to);
                await WaitAsync(RetryInterval);
            }
        }
    }

    [LoggerMessage(405, LogLevel.Warning, "Cohort {Cohort} could not hand agents over to cohort {To}")]
    private static partial void LogHandOverFailed(ILogger logger, Exception exception, CohortKey cohort, long to);
}
