namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// What is known of a segment once it was read, so that it need not be found out again. Threads share these: one that
/// overwrites what another has just found out only makes a later reader find it out once more.
/// </summary>
[Flags]
internal enum SegmentFacts : byte
{
    None = 0,

    /// <summary>Its checksum is right.</summary>
    ChecksumIsRight = 1,

    /// <summary>Its messages are stored in the order of their times, which are within those that it claims.</summary>
    IsInOrder = 2,
}
