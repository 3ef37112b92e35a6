namespace SimulationManager.RosMessages;

/// <summary>One transform of a <c>tf2_msgs/TFMessage</c>. Lives as long as the payload does.</summary>
public readonly ref struct FrameTransform
{
    internal FrameTransform(long stampNs, ReadOnlySpan<byte> frameId, ReadOnlySpan<byte> childFrameId, Pose pose)
    {
        StampNs = stampNs;
        FrameId = frameId;
        ChildFrameId = childFrameId;
        Pose = pose;
    }

    /// <summary>The stamp, nanoseconds since the Unix epoch.</summary>
    public long StampNs { get; }

    /// <summary>The frame that the transform is given in, UTF-8.</summary>
    public ReadOnlySpan<byte> FrameId { get; }

    /// <summary>The frame whose pose it is, UTF-8.</summary>
    public ReadOnlySpan<byte> ChildFrameId { get; }

    /// <summary>Translation and rotation.</summary>
    public Pose Pose { get; }
}

/// <summary>Reads the transforms of a <c>tf2_msgs/msg/TFMessage</c> (topics <c>/tf</c> and <c>/tf_static</c>) one by one, without allocating.</summary>
public ref struct TransformReader
{
    // Stamp, two lengths, seven numbers.
    private const int MinBytes = 8 + 4 + 4 + 56;

    private CdrReader _reader;
    private int _left;

    /// <summary>Begins a payload.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <exception cref="RosMessageException">The payload is cut off or is not CDR.</exception>
    public TransformReader(ReadOnlySpan<byte> payload)
    {
        _reader = new CdrReader(payload);
        _reader.BeginDelimited();
        _left = _reader.ReadCount(bound: 0, MinBytes);
    }

    /// <summary>The transform that <see cref="MoveNext"/> came to.</summary>
    public FrameTransform Current { get; private set; }

    /// <summary>This reader, for <c>foreach</c>.</summary>
    public readonly TransformReader GetEnumerator() => this;

    /// <summary>Goes to the next transform.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="RosMessageException">The payload is cut off or damaged.</exception>
    public bool MoveNext()
    {
        if (_left == 0)
            return false;
        _left--;
        Current = new FrameTransform(Stamp.Read(ref _reader), _reader.ReadText(bound: 0), _reader.ReadText(bound: 0), Pose.Read(ref _reader));
        return true;
    }
}
