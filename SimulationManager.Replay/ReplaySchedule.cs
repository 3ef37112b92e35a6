namespace SimulationManager.Replay;

/// <summary>
/// The agents of a lane ordered by their next deadline, equal ones by slot: a heap with four children per node, flat in
/// memory and without references, so that moving an entry costs neither a cache miss per level nor a write barrier.
/// </summary>
internal sealed class ReplaySchedule
{
    private const int Children = 4;

    private Entry[] _entries = new Entry[64];

    public int Count { get; private set; }

    /// <summary>The earliest deadline; <see cref="ReplayAgent.Never"/> when empty.</summary>
    public long NextDeadline => Count == 0 ? ReplayAgent.Never : _entries[0].Deadline;

    /// <summary>The slot of the earliest deadline.</summary>
    public int NextSlot => _entries[0].Slot;

    public void Add(long deadline, int slot)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        var hole = Count++;
        var entry = new Entry(deadline, slot);
        while (hole > 0)
        {
            var parent = (hole - 1) / Children;
            if (!entry.IsBefore(_entries[parent])) break;
            _entries[hole] = _entries[parent];
            hole = parent;
        }
        _entries[hole] = entry;
    }

    /// <summary>Gives the earliest entry a later deadline.</summary>
    public void MoveFirst(long deadline) => SiftDown(0, new Entry(deadline, _entries[0].Slot));

    public void RemoveFirst()
    {
        Count--;
        if (Count > 0) SiftDown(0, _entries[Count]);
    }

    /// <summary>Drops all entries; the caller adds those that stay.</summary>
    public void Clear() => Count = 0;

    private void SiftDown(int hole, Entry entry)
    {
        var entries = _entries;
        while (true)
        {
            var child = (hole * Children) + 1;
            if (child >= Count) break;
            var end = Math.Min(child + Children, Count);
            var first = child;
            for (child++; child < end; child++)
            {
                if (entries[child].IsBefore(entries[first])) first = child;
            }
            if (!entries[first].IsBefore(entry)) break;
            entries[hole] = entries[first];
            hole = first;
        }
        entries[hole] = entry;
    }

    private readonly record struct Entry(long Deadline, int Slot)
    {
        public bool IsBefore(in Entry other) => Deadline < other.Deadline || (Deadline == other.Deadline && Slot < other.Slot);
    }
}
