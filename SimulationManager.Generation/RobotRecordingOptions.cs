using SimulationManager.Rosbag2;

namespace SimulationManager.Generation;

/// <summary>What <see cref="RobotRecording"/> generates.</summary>
public sealed record RobotRecordingOptions
{
    /// <summary>Decides the boxes in the rooms, the way driven, and all noise. The same seed gives the same bytes.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Length; more than zero. There are 230 messages per second.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>When the recording begins; 1970 to 2038 (the seconds of a ROS 2 time stamp are 32 bit).</summary>
    public DateTimeOffset StartTime { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether the rooms are there as a map, <c>/map</c>, with the frames that lead to it, <c>/tf_static</c>: one message of each, kept for late subscribers.</summary>
    public bool HasMap { get; init; }

    /// <summary>Splitting and compression of the bag.</summary>
    public BagWriterOptions Bag { get; init; } = BagWriterOptions.Default;
}
