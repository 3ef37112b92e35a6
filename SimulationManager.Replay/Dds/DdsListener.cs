using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>
/// Subscribes to the topics of a domain as a recorder does: whenever a writer is found whose topic is asked for, a reader is made with its type and with what
/// it offers. Bytes are taken as they come.
/// </summary>
internal sealed partial class DdsListener : ITopicListener
{
    private const string HashKey = "typehash=";
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    private readonly OutputEndpoint _endpoint;
    private readonly DdsEndpointOptions _options;
    private readonly ListenPlan _plan;
    private readonly ListenerState _state;
    private readonly Regex _wanted;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public DdsListener(OutputEndpoint endpoint, DdsEndpointOptions options, ListenPlan plan)
    {
        (_endpoint, _options, _plan) = (endpoint, options, plan);
        _state = new ListenerState(plan.Time);
        _wanted = TopicGlob.Compile(plan.Topics);
        _running = Task.Run(RunAsync);
    }

    public ListenerStatus Status => _state.Status;

    public IReadOnlyList<ListenerGap> TakeGaps(DateTimeOffset now) => _state.TakeGaps(now);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        _plan.Heard.Complete();
    }

    private async Task RunAsync()
    {
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            try
            {
                // The library blocks: it has a thread of its own.
                await Task.Factory.StartNew(Listen, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                if (_state.Failed(exception.Message)) LogFailed(_plan.Logger, _endpoint, exception.Message);
            }
            await Task.Delay(ReconnectWait.After(failures), _plan.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Listen()
    {
        using var participant = new DdsParticipant(_options, _plan.Simulation);
        var publications = participant.CreatePublicationReader();
        participant.WaitFor(publications, argument: 0);
        _state.Subscribed(null);
        // The first argument is that of the publications.
        var readers = new List<TopicReader?> { null };
        var byTopic = new Dictionary<string, int>(StringComparer.Ordinal);
        Span<nint> ready = stackalloc nint[64];
        while (!_stopping.IsCancellationRequested)
        {
            var count = Math.Min(participant.Wait(ready, LongestWait), ready.Length);
            for (var i = 0; i < count; i++)
            {
                if (readers[(int)ready[i]] is { } reader) Take(reader);
                else if (ready[i] == 0) Find(participant, publications, readers, byTopic);
            }
        }
        // What is here and not taken yet was published in time.
        foreach (var reader in readers) Take(reader);
    }

    private void Find(DdsParticipant participant, int publications, List<TopicReader?> readers, Dictionary<string, int> byTopic)
    {
        foreach (var found in DdsParticipant.TakePublications(publications))
        {
            if (RosNames.DemangleTopic(found.Topic) is not { } name || !_wanted.IsMatch(name)) continue;
            try
            {
                Subscribe(participant, readers, byTopic, found, name);
            }
            catch (DdsException exception)
            {
                if (_state.Warned(exception.Message)) LogFailed(_plan.Logger, _endpoint, exception.Message);
            }
        }
    }

    /// <summary>Makes the topic's reader. One that asks for more than a further writer offers is replaced, and then asks for no history, which it has had.</summary>
    private void Subscribe(DdsParticipant participant, List<TopicReader?> readers, Dictionary<string, int> byTopic, DdsPublication found, string name)
    {
        var known = byTopic.TryGetValue(found.Topic, out var index) ? readers[index] : null;
        if (known is not null && known.DdsType == found.Type && (found.IsReliable || !known.IsReliable) && (found.IsTransientLocal || !known.IsTransientLocal)) return;
        if (known is null && readers.Count > HeardMessages.MaxTopics) throw new DdsException($"more than {HeardMessages.MaxTopics} topics match: those that were found later are not heard");
        var (isReliable, isTransientLocal) = known is null ? (found.IsReliable, found.IsTransientLocal) : (found.IsReliable && known.IsReliable, false);
        var reader = participant.CreateReader(found.Topic, found.Type, isReliable, isTransientLocal);
        participant.WaitFor(reader, readers.Count);
        byTopic[found.Topic] = readers.Count;
        var type = RosNames.DemangleType(found.Type) ?? found.Type;
        var hash = found.UserData.Split(';').FirstOrDefault(part => part.StartsWith(HashKey, StringComparison.Ordinal))?[HashKey.Length..] ?? "";
        var topic = _plan.Heard.TopicOf(name, type, HeardTopic.Cdr, () => new HeardTopic(name, type, HeardTopic.Cdr) { TypeHash = IsHash(hash) ? hash : "" });
        readers.Add(new TopicReader(reader, found.Type, topic, isReliable, isTransientLocal));
        if (known is null) return;
        Take(known);
        _ = DdsNative.Delete(known.Handle);
        readers[index] = null;
    }

    /// <summary>Whoever is in the domain may say anything.</summary>
    private static bool IsHash(string text) => text.Length is > 0 and <= 100 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private void Take(TopicReader? reader)
    {
        if (reader is null) return;
        while (DdsParticipant.TakeMessages(reader.Handle, (payload, publishedAt) => _plan.Heard.Add(reader.Topic, payload, publishedAt)) && !_stopping.IsCancellationRequested)
        {
        }
    }

    /// <param name="Handle">The library's handle.</param>
    /// <param name="DdsType">The type's DDS name.</param>
    /// <param name="Topic">What its messages are counted as; null: they are missed.</param>
    /// <param name="IsReliable">Whether it asks for what gets lost.</param>
    /// <param name="IsTransientLocal">Whether it asked for what was published before.</param>
    private sealed record TopicReader(int Handle, string DdsType, HeardTopic? Topic, bool IsReliable, bool IsTransientLocal);

    [LoggerMessage(272, LogLevel.Warning, "Listening at {Endpoint}: {Error}")]
    private static partial void LogFailed(ILogger logger, OutputEndpoint endpoint, string error);
}
