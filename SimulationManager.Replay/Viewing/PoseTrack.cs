using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>
/// Where the robot of a recording was, by places in the recording: what one agent had to have read is there for the others. Reads only what it is asked for. Not for
/// several threads at once.
/// </summary>
internal sealed class PoseTrack
{
    private const int MostSlots = 16_384;

    /// <summary>Messages of static transforms that are read.</summary>
    private const int MostStatic = 64;

    private readonly ReplayTimeline _timeline;
    private readonly PoseReader _reader;
    private readonly int[] _messages;
    private readonly (int Ordinal, RecordedPose Pose)[] _slots;
    private readonly Dictionary<long, (int Ordinal, RecordedPose Pose)> _lastOf = [];
    private readonly Queue<int> _static;
    private RecordedPose _always;
    private Task _arriving = Task.CompletedTask;

    private PoseTrack(ReplayTimeline timeline, PoseReader reader, int[] messages, IEnumerable<int> @static)
    {
        (_timeline, _reader, _messages) = (timeline, reader, messages);
        _slots = new (int, RecordedPose)[Math.Max(1, Math.Min(messages.Length, MostSlots))];
        Array.Fill(_slots, (-1, default));
        _static = new Queue<int>(@static.Take(MostStatic));
    }

    /// <summary>The track of a recording; null: it does not say where the robot was.</summary>
    /// <param name="timeline">The recording.</param>
    /// <param name="globalFrames">The frames, as recorded, in which agents may stand elsewhere than the robot.</param>
    public static PoseTrack? Of(ReplayTimeline timeline, IEnumerable<string> globalFrames)
    {
        if (!timeline.HasPayloads) return null;
        var latched = timeline.Latched.Select(topic => topic.TopicOf(timeline)).ToHashSet();
        foreach (var (reader, topics) in PoseReader.Of(timeline, globalFrames))
        {
            var messages = Enumerable.Range(0, timeline.Count).Where(message => topics.Contains(timeline.TopicOf(message))).ToLookup(message => reader.LookBack > 1 && latched.Contains(timeline.TopicOf(message)));
            if (messages.Count > 0) return new PoseTrack(timeline, reader, [.. messages[false]], messages[true]);
        }
        return null;
    }

    /// <summary>Where the recorded robot was when an agent was where it is. False: that is not known, or its messages have yet to arrive on this machine.</summary>
    /// <param name="place">Where the agent is.</param>
    /// <param name="end">Index of the message after the last one of a pass.</param>
    /// <param name="pose">The pose.</param>
    public bool TryFind(in AgentPlace place, int end, out RecordedPose pose)
    {
        pose = default;
        if (!TryReadStatic()) return false;
        var last = LastBefore(place.Next);
        // It has not said yet where it is in this pass.
        if (last < 0 && place.Pass > 0) last = LastBefore(end);
        if (!TryRead(place.Agent, last, out pose)) return false;
        return pose.Frame is not null;
    }

    /// <summary>Number of the last message of the track before one of the timeline; -1: there is none.</summary>
    private int LastBefore(int message)
    {
        var index = _messages.AsSpan().BinarySearch(message);
        return (index < 0 ? ~index : index) - 1;
    }

    private bool TryRead(long agent, int last, out RecordedPose pose)
    {
        pose = _always;
        if (last < 0) return true;
        ref var slot = ref _slots[last % _slots.Length];
        if (slot.Ordinal != last)
        {
            var next = Math.Max(0, last - _reader.LookBack + 1);
            if (_lastOf.TryGetValue(agent, out var before) && before.Ordinal >= next - 1 && before.Ordinal < last) (next, pose) = (before.Ordinal + 1, before.Pose);
            for (; next <= last; next++)
            {
                if (!TryReadMessage(_messages[next], ref pose)) return false;
            }
            slot = (last, pose);
        }
        pose = slot.Pose;
        // Where one message says it all, nobody asks for the one before.
        if (_reader.LookBack > 1) _lastOf[agent] = slot;
        return true;
    }

    private bool TryReadStatic()
    {
        while (_static.TryPeek(out var message))
        {
            if (!TryReadMessage(message, ref _always)) return false;
            _static.Dequeue();
        }
        return true;
    }

    /// <summary>Reads a message, if it is here. While one is on its way no other is asked for: viewers look again soon.</summary>
    private bool TryReadMessage(int message, ref RecordedPose pose)
    {
        if (!_arriving.IsCompleted) return false;
        try
        {
            var payload = _timeline.ReadPayloadAsync(message, CancellationToken.None);
            if (!payload.IsCompleted)
            {
                _arriving = payload.AsTask();
                return false;
            }
            _reader.Read(payload.GetAwaiter().GetResult(), ref pose);
        }
        catch (BagFormatException)
        {
            // The part fails for it elsewhere; here the message says nothing.
        }
        return true;
    }
}
