using SimulationManager.Core.Grains;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Viewing;

/// <summary>What one caller watches of an execution's agents on this silo. For any number of threads.</summary>
/// <param name="players">The cohorts that play now.</param>
/// <param name="watch">Begins to watch one of them.</param>
/// <param name="buffer">Where its messages come.</param>
/// <param name="choice">What is watched at first.</param>
/// <param name="time">The clock.</param>
internal sealed class AgentFeed(
    Func<IEnumerable<CohortPlayer>> players, Func<CohortPlayer, FeedCohort> watch, FeedBuffer buffer, AgentChoice choice, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How often it is looked for cohorts that have come or gone.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>How often it is looked where agents are, while that is watched.</summary>
    private static readonly TimeSpan PositionInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a caller waits when there is no news.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly Dictionary<CohortPlayer, FeedCohort> _cohorts = [];
    private readonly FleetLook _look = new(time, PositionInterval);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private volatile AgentChoice _choice = choice;
    private AgentChoice? _followed;
    private bool _isFirst = true;
    private Task<AgentFeedBatch>? _next;
    private long _number;
    private long _calledAt = time.GetTimestamp();

    /// <summary>The time since the last news were asked for.</summary>
    public TimeSpan SinceLastCall => time.GetElapsedTime(Volatile.Read(ref _calledAt));

    /// <summary>Chooses what is watched from now on.</summary>
    public void Choose(AgentChoice choice)
    {
        _choice = choice;
        buffer.Wake();
    }

    /// <summary>The news after those that the caller has; for one that says the same again, the same.</summary>
    /// <param name="taken">The number of the last news that the caller has.</param>
    /// <exception cref="OperationCanceledException">The feed is closed.</exception>
    public Task<AgentFeedBatch> NextAsync(long taken)
    {
        Volatile.Write(ref _calledAt, time.GetTimestamp());
        lock (_lock)
        {
            if (_next is null || taken == _number)
            {
                var number = _number = taken + 1;
                // Not on the caller's scheduler, which is a grain's.
                _next = Task.Run(() => ReadAsync(number, _closing.Token));
            }
            return _next;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        Task? last;
        lock (_lock) last = _next;
        if (last is not null) await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var cohort in _cohorts.Values) await cohort.DisposeAsync();
    }

    private async Task<AgentFeedBatch> ReadAsync(long number, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var cohorts = await FollowAsync();
            var (messages, missed) = buffer.Take();
            var positions = _choice.Positions ? _look.LookIfDue(_cohorts.Values) : null;
            if (cohorts is not null || messages.Count > 0 || missed > 0 || positions is not null || time.GetElapsedTime(started) >= LongestWait)
            {
                return new AgentFeedBatch { Number = number, Cohorts = cohorts, Messages = messages, Missed = missed, Positions = positions };
            }
            await buffer.WaitAsync(_choice.Positions ? _look.UntilDue() : LookInterval, cancellationToken);
        }
    }

    /// <summary>Watches what plays now, as was chosen last. Returns the cohorts if they are not those that were told.</summary>
    private async Task<IReadOnlyList<WatchedCohort>?> FollowAsync()
    {
        var playing = players().ToHashSet();
        var gone = _cohorts.Keys.Where(player => !playing.Contains(player)).ToArray();
        foreach (var player in gone)
        {
            // What it has put out until now comes first.
            await _cohorts[player].DisposeAsync();
            _cohorts.Remove(player);
        }
        var choice = _choice;
        var added = playing.Where(player => !_cohorts.ContainsKey(player)).ToArray();
        foreach (var player in added) _cohorts[player] = watch(player);
        var hasChanged = _isFirst || gone.Length > 0 || added.Length > 0 || _cohorts.Values.Any(cohort => cohort.HasChanged);
        if (choice != _followed || hasChanged)
        {
            foreach (var cohort in _cohorts.Values) await cohort.ChooseAsync(choice);
        }
        (_followed, _isFirst) = (choice, false);
        return hasChanged ? [.. _cohorts.Values.Select(cohort => cohort.Describe())] : null;
    }
}
