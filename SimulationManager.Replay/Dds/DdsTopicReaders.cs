using System.Text.RegularExpressions;

namespace SimulationManager.Replay;

/// <summary>
/// Subscribes as a recorder does: whenever a writer is found whose topic is asked for, a reader is made with its type and with what it offers. Bytes are taken as
/// they come.
/// </summary>
/// <param name="participant">Takes part in the domain.</param>
/// <param name="plan">What to listen to.</param>
/// <param name="state">Is told how it goes.</param>
/// <param name="stopping">Ends it.</param>
internal sealed class DdsTopicReaders(DdsParticipant participant, ListenPlan plan, ListenerState state, CancellationToken stopping)
{
    private const string HashKey = "typehash=";
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    private readonly Regex _wanted = TopicGlob.Compile(plan.Topics);
    private readonly Dictionary<string, int> _byTopic = new(StringComparer.Ordinal);

    /// <summary>By what the library returns when one has messages; the first place is that of the publications.</summary>
    private readonly List<TopicReader?> _readers = [null];

    /// <summary>Listens until it is to end.</summary>
    /// <exception cref="DdsException">The library refuses something.</exception>
    public void Listen()
    {
        var publications = participant.CreatePublicationReader();
        participant.WaitFor(publications, argument: 0);
        state.Subscribed(null);
        Span<nint> ready = stackalloc nint[64];
        while (!stopping.IsCancellationRequested)
        {
            var count = Math.Min(participant.Wait(ready, LongestWait), ready.Length);
            for (var i = 0; i < count; i++)
            {
                if (_readers[(int)ready[i]] is { } reader) Take(reader);
                else if (ready[i] == 0) Find(publications);
            }
        }
        // What is here and not taken yet was published in time.
        foreach (var reader in _readers) Take(reader);
    }

    private void Find(int publications)
    {
        foreach (var found in DdsParticipant.TakePublications(publications))
        {
            if (RosNames.DemangleTopic(found.Topic) is not { } name || !_wanted.IsMatch(name)) continue;
            try
            {
                Subscribe(found, name);
            }
            catch (DdsException exception)
            {
                state.Warned(exception.Message);
            }
        }
    }

    /// <summary>Makes the topic's reader. One that asks for more than a further writer offers is replaced, and then asks for no history, which it has had.</summary>
    private void Subscribe(DdsPublication found, string name)
    {
        var known = _byTopic.TryGetValue(found.Topic, out var index) ? _readers[index] : null;
        if (known is not null && known.DdsType == found.Type && (found.IsReliable || !known.IsReliable) && (found.IsTransientLocal || !known.IsTransientLocal)) return;
        if (known is null && _readers.Count > HeardMessages.MaxTopics) throw new DdsException($"more than {HeardMessages.MaxTopics} topics match: those that were found later are not heard");
        var (isReliable, isTransientLocal) = known is null ? (found.IsReliable, found.IsTransientLocal) : (found.IsReliable && known.IsReliable, false);
        var reader = participant.CreateReader(found.Topic, found.Type, isReliable, isTransientLocal);
        participant.WaitFor(reader, _readers.Count);
        _byTopic[found.Topic] = _readers.Count;
        var type = RosNames.DemangleType(found.Type) ?? found.Type;
        var hash = found.UserData.Split(';').FirstOrDefault(part => part.StartsWith(HashKey, StringComparison.Ordinal))?[HashKey.Length..] ?? "";
        var topic = plan.Heard.TopicOf(name, type, HeardTopic.Cdr, () => new HeardTopic(name, type, HeardTopic.Cdr) { TypeHash = IsHash(hash) ? hash : "" });
        _readers.Add(new TopicReader(reader, found.Type, topic, isReliable, isTransientLocal));
        if (known is null) return;
        Take(known);
        _ = DdsNative.Delete(known.Handle);
        _readers[index] = null;
    }

    /// <summary>Whoever is in the domain may say anything.</summary>
    private static bool IsHash(string text) => text.Length is > 0 and <= 100 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private void Take(TopicReader? reader)
    {
        if (reader is null) return;
        while (DdsParticipant.TakeMessages(reader.Handle, (payload, publishedAt) => plan.Heard.Add(reader.Topic, payload, publishedAt)) && !stopping.IsCancellationRequested)
        {
        }
    }

    /// <param name="Handle">The library's handle.</param>
    /// <param name="DdsType">The type's DDS name.</param>
    /// <param name="Topic">What its messages are counted as; null: they are missed.</param>
    /// <param name="IsReliable">Whether it asks for what gets lost.</param>
    /// <param name="IsTransientLocal">Whether it asked for what was published before.</param>
    private sealed record TopicReader(int Handle, string DdsType, HeardTopic? Topic, bool IsReliable, bool IsTransientLocal);
}
