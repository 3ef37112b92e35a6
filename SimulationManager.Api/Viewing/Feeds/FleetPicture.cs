using SimulationManager.Core.Grains;
using SimulationManager.RosMessages;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>Where all agents of a run are, put together of what silos tell. An agent stays where it was last until it is told of again, by whatever silo. Not for several threads at once.</summary>
internal sealed class FleetPicture
{
    private const double ShaftLength = 0.35, ShaftDiameter = 0.15, HeadLength = 0.25, HeadDiameter = 0.35;

    private static readonly double[] s_color = [0.13, 0.59, 0.95, 1];

    private readonly Dictionary<long, Entry> _agents = [];
    private readonly HashSet<string> _frames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = [];
    private readonly HashSet<string> _expected = [];
    private readonly CdrWriter _writer = new();
    private long _at;

    /// <summary>Whether no agent's position is known.</summary>
    public bool IsEmpty => _agents.Count == 0;

    /// <summary>Takes where agents on a silo are.</summary>
    /// <returns>Whether it is time to show it: all silos have told, those that told the last time, or one has told twice meanwhile.</returns>
    public bool Take(string silo, FleetPositions positions, FeedCatalog catalog)
    {
        _at = Math.Max(_at, positions.At);
        _frames.UnionWith(positions.Frames);
        foreach (var position in positions.Agents)
        {
            if (!_agents.TryGetValue(position.Agent, out var entry))
            {
                // Who plays there is told before; of one that has gone since, the next silo tells.
                if (catalog.Find(position.Agent) is not { } agent) continue;
                entry = _agents[position.Agent] = new Entry($"{agent.Name}/base_link");
            }
            (entry.Frame, entry.Position) = (positions.Frames[position.Frame], position);
        }
        var isTwice = !_told.Add(silo);
        if (!isTwice && !_told.IsSupersetOf(_expected)) return false;
        _expected.Clear();
        _expected.UnionWith(_told);
        _told.Clear();
        return !IsEmpty;
    }

    /// <summary>The picture as a message of a topic.</summary>
    public FeedMessage Write(FeedTopic topic)
    {
        _writer.Reset();
        if (topic.Index == 0) WriteTransforms();
        else WriteScene();
        return new FeedMessage(new WatchedMessage(Agent: 0, topic.Index, _at, _at, IsLatched: false, _writer.Message.ToArray()), topic, topic.Name);
    }

    private void WriteTransforms()
    {
        _writer.Write((uint)_agents.Count);
        foreach (var entry in _agents.Values)
        {
            WriteTime();
            _writer.WriteString(entry.Frame);
            _writer.WriteString(entry.Child);
            WritePose(entry.Position);
        }
    }

    /// <summary>One entity for each frame that there ever was, with an arrow for each agent: what is replaced as a whole leaves nothing behind.</summary>
    private void WriteScene()
    {
        _writer.Write(0u);
        var agents = _agents.Values.ToLookup(entry => entry.Frame, StringComparer.Ordinal);
        _writer.Write((uint)_frames.Count);
        foreach (var frame in _frames)
        {
            WriteTime();
            _writer.WriteString(frame);
            _writer.WriteString($"fleet/{frame}");
            // It stays until it is replaced, and is given anew rather than moved with its frame.
            _writer.Write(0);
            _writer.Write(0u);
            _writer.Write(false);
            _writer.Write(0u);
            _writer.Write((uint)agents[frame].Count());
            foreach (var entry in agents[frame])
            {
                WritePose(entry.Position);
                _writer.WriteArray<double>([ShaftLength, ShaftDiameter, HeadLength, HeadDiameter]);
                _writer.WriteArray<double>(s_color);
            }
            // Cubes, spheres, cylinders, lines, triangles, texts, models.
            _writer.WriteArray<uint>([0, 0, 0, 0, 0, 0, 0]);
        }
    }

    private void WriteTime()
    {
        var (seconds, nanoseconds) = Math.DivRem(_at, 1_000_000_000);
        _writer.Write((int)seconds);
        _writer.Write((uint)nanoseconds);
    }

    private void WritePose(in WatchedPosition position) => _writer.WriteArray<double>([position.X, position.Y, position.Z, position.Qx, position.Qy, position.Qz, position.Qw]);

    private sealed class Entry(string child)
    {
        public string Child => child;

        public string Frame { get; set; } = "";

        public WatchedPosition Position { get; set; }
    }
}
