using SimulationManager.Generation;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Benchmarks;

/// <summary>A load to replay: so many agents of one bag, for so long, and what is to be reached.</summary>
/// <param name="Name">The command.</param>
/// <param name="Agents">Agents that play at the same time.</param>
/// <param name="Seconds">How long they play.</param>
/// <param name="TargetP99">Lateness in microseconds that 99 % of the messages may have; null: only drift is judged.</param>
/// <param name="WriteBag">Writes the bag into a folder.</param>
internal sealed record ReplayCase(string Name, int Agents, int Seconds, long? TargetP99, Action<string> WriteBag)
{
    public static IReadOnlyList<ReplayCase> All { get; } =
    [
        // 230 messages/s per agent: what one differential-drive robot records.
        new("replay-1000", 1000, 30, 5_000, folder => RobotRecording.Write(folder, new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(20) })),
        new("replay-10000", 10_000, 30, 10_000, folder => LoadRecording.Write(folder, new LoadRecordingOptions { MessagesPerSecond = 20, Duration = TimeSpan.FromSeconds(20) })),
        new("replay-dense", 1, 30, 1_000, folder => LoadRecording.Write(folder, new LoadRecordingOptions { MessagesPerSecond = 20_000, Files = 5, Duration = TimeSpan.FromSeconds(20) })),
        new("replay-drift", 10, 600, null, folder => RobotRecording.Write(folder, new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(20) })),
    ];

    /// <summary>The bag, written on the first use and kept for the next.</summary>
    public Recording OpenBag()
    {
        if (!File.Exists(Path.Combine(Folder, BagMetadataReader.FileName))) WriteBag(Folder);
        return Recording.Open(Folder, CancellationToken.None);
    }

    /// <summary>The timeline of all its topics.</summary>
    public ReplayTimeline TimelineOf(Recording recording)
    {
        using var bag = BagReader.Open(Folder);
        return recording.TimelineOf(bag.Topics.Select(topic => topic.Name));
    }

    public string Folder => Path.Combine(Path.GetTempPath(), $"simulation-manager-benchmark-{Name}");
}
