using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Listening;

/// <summary>
/// Records what a run's agents on this silo put out: the cohorts that play here share it, and it ends with the last of them. Stands to the recorder that
/// writes the files as a listener does.
/// </summary>
internal sealed class AgentRecording : ITopicListener
{
    /// <summary>How long messages that agents have put out may take to be taken, once they put out nothing more.</summary>
    private static readonly TimeSpan CompleteWithin = TimeSpan.FromSeconds(5);

    private readonly HeardMessages _taken;
    private readonly RecordOptions _options;
    private readonly DateTimeOffset _since;
    private readonly Lock _lock = new();
    private readonly List<CohortRecorder> _cohorts = [];
    private readonly HashSet<long> _agents = [];
    private readonly List<Dictionary<string, string>> _definitions = [];
    private bool _isEnded;
    private string? _error;

    /// <param name="options">What is recorded.</param>
    /// <param name="taken">Takes the messages.</param>
    /// <param name="now">The time.</param>
    public AgentRecording(RecordOptions options, HeardMessages taken, DateTimeOffset now) => (_options, _taken, _since) = (options, taken, now);

    ListenerStatus ITopicListener.Status => new(IsSubscribed: !_isEnded, _since, 0, Volatile.Read(ref _error));

    IReadOnlyList<ListenerGap> ITopicListener.TakeGaps(DateTimeOffset now) => [];

    /// <summary>Takes what a cohort's agents put out as well; null: it has ended.</summary>
    /// <param name="cohort">Makes the cohort's recorder, given what an agent's series of files is.</param>
    /// <param name="timeline">What they play.</param>
    public CohortRecorder? Add(Func<Func<long, long?>, CohortRecorder> cohort, ReplayTimeline timeline)
    {
        lock (_lock)
        {
            if (_isEnded) return null;
            var shared = _options.Per == RecordScope.Agent ? 0 : -SharedSeriesOf(timeline);
            var recorder = cohort(agent => _options.Per == RecordScope.Agent ? SeriesOfAgent(agent) : shared);
            _cohorts.Add(recorder);
            return recorder;
        }
    }

    /// <summary>Takes what a cohort has put out until now, which puts out nothing more.</summary>
    /// <returns>Whether it was the last.</returns>
    public async Task<bool> RemoveAsync(CohortRecorder cohort)
    {
        await cohort.CompleteAsync(CompleteWithin);
        lock (_lock)
        {
            _cohorts.Remove(cohort);
            return _isEnded |= _cohorts.Count == 0;
        }
    }

    /// <summary>Takes what all cohorts have put out until now, and nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        CohortRecorder[] cohorts;
        lock (_lock)
        {
            _isEnded = true;
            cohorts = [.. _cohorts];
        }
        await Task.WhenAll(cohorts.Select(cohort => cohort.CompleteAsync(CompleteWithin)));
        _taken.Complete();
    }

    private long? SeriesOfAgent(long agent)
    {
        lock (_lock)
        {
            if (_agents.Count < RecordOptions.MaxAgents) _agents.Add(agent);
            if (_agents.Contains(agent)) return agent;
        }
        Volatile.Write(ref _error, $"not all agents are recorded: no more than {RecordOptions.MaxAgents} have files of their own; record them with \"per\": \"{RecordWords.Fleet}\"");
        return null;
    }

    /// <summary>A file has one definition of a type. Recordings that differ in one have files of their own.</summary>
    private int SharedSeriesOf(ReplayTimeline timeline)
    {
        var own = timeline.Types.Where(type => type.Text is not null).GroupBy(type => type.Name, StringComparer.Ordinal).ToDictionary(type => type.Key, type => type.First().Text!.Text, StringComparer.Ordinal);
        var series = _definitions.FindIndex(known => own.All(type => !known.TryGetValue(type.Key, out var text) || text == type.Value));
        if (series < 0)
        {
            _definitions.Add(own);
            return _definitions.Count - 1;
        }
        foreach (var (type, text) in own) _definitions[series][type] = text;
        return series;
    }
}
