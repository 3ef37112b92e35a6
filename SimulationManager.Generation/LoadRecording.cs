using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;

namespace SimulationManager.Generation;

/// <summary>What <see cref="LoadRecording"/> generates.</summary>
public sealed record LoadRecordingOptions
{
    /// <summary>Decides the payload bytes.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Messages per second, all topics together; 1 to 1,000,000.</summary>
    public int MessagesPerSecond { get; init; } = 20;

    /// <summary>Size of a message with its CDR header, bytes; 16 or more.</summary>
    public int MessageBytes { get; init; } = 1024;

    /// <summary>Topics, which take turns; 1 or more.</summary>
    public int Topics { get; init; } = 1;

    /// <summary>Length; more than zero.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Storage files, each with the same share of the time; 1 or more.</summary>
    public int Files { get; init; } = 1;

    /// <summary>Time of the first message; 1970 or later.</summary>
    public DateTimeOffset StartTime { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What to compress.</summary>
    public BagCompression Compression { get; init; }
}

/// <summary>
/// Generates recordings for load tests: messages of <c>std_msgs/msg/UInt8MultiArray</c> at an exactly even rate on
/// <c>/load_0</c>, <c>/load_1</c>, …
/// </summary>
public static class LoadRecording
{
    // CDR header, sequence of dimensions (empty), offset, length of the data.
    private const int DataOffset = 4 + 4 + 4 + 4;

    /// <summary>Generates a bag.</summary>
    /// <param name="folder">A folder that does not exist yet or is empty.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind then.</param>
    /// <returns>The metadata of the bag.</returns>
    /// <exception cref="BagFormatException">The folder is not empty, or the disk is full.</exception>
    public static BagMetadata Write(string folder, LoadRecordingOptions options, CancellationToken cancellationToken = default)
    {
        Check(options);
        var durationNs = options.Duration.Ticks * 100;
        using var bag = BagWriter.Create(folder, new BagWriterOptions
        {
            Compression = options.Compression,
            MaxFileDurationNs = options.Files == 1 ? 0 : (durationNs + options.Files - 1) / options.Files,
        });
        var topics = Enumerable.Range(0, options.Topics).Select(number => bag.AddTopic(
            new BagTopic { Name = $"/load_{number}", Type = "std_msgs/msg/UInt8MultiArray", OfferedQosProfiles = QosProfile.FormatList([new QosProfile()]) },
            Definitions.Of("std_msgs/msg/UInt8MultiArray"))).ToArray();

        var startNs = (options.StartTime - DateTimeOffset.UnixEpoch).Ticks * 100;
        var count = (long)((Int128)durationNs * options.MessagesPerSecond / 1_000_000_000);
        var message = EmptyMessage(options.MessageBytes);
        var random = SeededRandom.Stream(options.Seed, purpose: 1);
        for (long number = 0; number < count; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            random.Fill(message.AsSpan(DataOffset));
            bag.Write(topics[number % topics.Length], startNs + (long)((Int128)number * 1_000_000_000 / options.MessagesPerSecond), message);
        }

        return bag.Complete();
    }

    private static void Check(LoadRecordingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MessagesPerSecond, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MessagesPerSecond, 1_000_000, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MessageBytes, DataOffset, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Topics, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Files, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Duration, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StartTime, DateTimeOffset.UnixEpoch, nameof(options));
    }

    /// <summary>No dimension, offset 0, and as many data bytes as the size leaves.</summary>
    private static byte[] EmptyMessage(int size)
    {
        var writer = new CdrWriter();
        writer.Write(0u);
        writer.Write(0u);
        writer.Write((uint)(size - DataOffset));
        var message = new byte[size];
        writer.Message.CopyTo(message);
        return message;
    }
}
