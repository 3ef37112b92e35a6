namespace SimulationManager.Replay;

/// <summary>Messages of one agent that follow each other in the recording.</summary>
/// <param name="Repeat">The pass of the bag that they belong to, from 0.</param>
/// <param name="First">Index of the first one in the timeline.</param>
/// <param name="Count">How many, at least 1.</param>
public readonly record struct MessageRun(int Repeat, int First, int Count);

/// <summary>Messages of one agent in the order in which they were put out: mostly neighbours in the recording, and taken away from the front. Not for several threads at once.</summary>
internal sealed class MessageRuns(IEnumerable<MessageRun> runs)
{
    private readonly List<MessageRun> _runs = [.. runs];

    public void Add(int repeat, int index)
    {
        if (_runs.Count > 0 && _runs[^1] is var last && last.Repeat == repeat && last.First + last.Count == index) _runs[^1] = last with { Count = last.Count + 1 };
        else _runs.Add(new MessageRun(repeat, index, 1));
    }

    /// <summary>Takes the first one that is this message away. False: there is none.</summary>
    public bool Remove(int repeat, int index)
    {
        var place = PlaceOf(repeat, index);
        if (place < 0) return false;
        var run = _runs[place];
        var (before, after) = (index - run.First, run.First + run.Count - index - 1);
        if (before == 0 && after == 0)
        {
            _runs.RemoveAt(place);
            return true;
        }
        _runs[place] = before > 0 ? run with { Count = before } : new MessageRun(repeat, index + 1, after);
        if (before > 0 && after > 0) _runs.Insert(place + 1, new MessageRun(repeat, index + 1, after));
        return true;
    }

    public MessageRun[] ToArray() => [.. _runs];

    private int PlaceOf(int repeat, int index)
    {
        // For every message: List.FindIndex would allocate what it compares with.
        for (var place = 0; place < _runs.Count; place++)
        {
            var run = _runs[place];
            if (run.Repeat == repeat && index >= run.First && index < run.First + run.Count) return place;
        }
        return -1;
    }
}
