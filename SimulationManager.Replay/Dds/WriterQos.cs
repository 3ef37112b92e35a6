using System.Text;
using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>
/// What a writer offers: what the publishers of its topic offered when it was recorded. Of several publishers the strongest promise counts, which everybody
/// takes who took one of theirs: reliable before best effort, transient local before volatile, the shortest deadline and lease, and of what is kept the most.
/// </summary>
internal sealed record WriterQos
{
    private const int KeepLast = 0;
    private const int KeepAll = 1;
    private const int Unlimited = -1;

    /// <summary>How long a subscriber that does not keep up holds up a reliable writer, nanoseconds; then the message is lost.</summary>
    private const long MaxBlocking = 1_000_000_000;

    public bool IsReliable { get; init; } = true;

    public bool IsTransientLocal { get; init; }

    /// <summary>Messages that are kept for subscribers until they have got them; null: all, and the writer waits for them.</summary>
    public int? Depth { get; init; }

    /// <summary>Where it is transient local: messages that are kept for whoever subscribes later; null: all.</summary>
    public int? History { get; init; } = 1;

    /// <summary>Nanoseconds after which a message is of no use; null: never.</summary>
    public long? Lifespan { get; init; }

    /// <summary>Nanoseconds within which the next message is promised; null: none is.</summary>
    public long? Deadline { get; init; }

    /// <summary>Whether a writer is there only as long as it writes.</summary>
    public bool IsAliveByWriting { get; init; }

    /// <summary>Nanoseconds after which a writer that is silent is not there any more; null: never.</summary>
    public long? Lease { get; init; }

    /// <summary>What a topic's writers offer.</summary>
    /// <param name="profiles">What its publishers offered.</param>
    /// <param name="options">What is asked for instead.</param>
    public static WriterQos Of(IReadOnlyList<QosProfile> profiles, DdsEndpointOptions options)
    {
        var recorded = profiles.Count == 0 ? new WriterQos() : new WriterQos
        {
            IsReliable = profiles.Any(profile => profile.Reliability != QosReliability.BestEffort),
            IsTransientLocal = profiles.Any(profile => profile.Durability == QosDurability.TransientLocal),
            // How much publishers keep is no part of what recorders are told of them, and mostly not known.
            Depth = profiles.All(profile => DepthOf(profile) is not null) ? profiles.Max(DepthOf) : null,
            History = profiles.Any(profile => profile.History == QosHistory.KeepAll) ? null : profiles.Max(profile => DepthOf(profile) ?? 1),
            Lifespan = profiles.Any(profile => Nanoseconds(profile.Lifespan) is null) ? null : profiles.Max(profile => Nanoseconds(profile.Lifespan)),
            Deadline = profiles.Min(profile => Nanoseconds(profile.Deadline)),
            IsAliveByWriting = profiles.Any(profile => profile.Liveliness == QosLiveliness.ManualByTopic),
            Lease = profiles.Min(profile => Nanoseconds(profile.LivelinessLeaseDuration)),
        };
        return recorded with
        {
            IsReliable = options.Reliability == DdsReliability.Recorded ? recorded.IsReliable : options.Reliability == DdsReliability.Reliable,
            IsTransientLocal = options.Durability == DdsDurability.Recorded ? recorded.IsTransientLocal : options.Durability == DdsDurability.TransientLocal,
            Depth = options.Depth > 0 ? options.Depth : recorded.Depth,
            // One message per publisher at least: of several static transform publishers each has its own last message.
            History = options.Depth > 0 ? options.Depth : recorded.History is { } depth ? Math.Max(depth, profiles.Count) : null,
        };
    }

    /// <summary>The same as the library has it; to be deleted with <see cref="DdsNative.DeleteQos"/>.</summary>
    /// <param name="userData">What others are told of the writer besides.</param>
    public unsafe nint Create(string userData)
    {
        var qos = DdsNative.CreateQos();
        DdsNative.SetWriterDataLifecycle(qos, disposesOnUnregister: false);
        DdsNative.SetHistory(qos, Depth is null ? KeepAll : KeepLast, Depth ?? Unlimited);
        DdsNative.SetReliability(qos, IsReliable ? 1 : 0, IsReliable ? MaxBlocking : 0);
        DdsNative.SetDurability(qos, IsTransientLocal ? 1 : 0);
        if (IsTransientLocal) DdsNative.SetDurabilityService(qos, 0, History is null ? KeepAll : KeepLast, History ?? Unlimited, Unlimited, Unlimited, Unlimited);
        if (Lifespan is { } lifespan) DdsNative.SetLifespan(qos, lifespan);
        if (Deadline is { } deadline) DdsNative.SetDeadline(qos, deadline);
        DdsNative.SetLiveliness(qos, IsAliveByWriting ? 2 : 0, Lease ?? DdsNative.Infinity);
        var bytes = Encoding.UTF8.GetBytes(userData);
        fixed (byte* data = bytes) DdsNative.SetUserData(qos, data, (nuint)bytes.Length);
        return qos;
    }

    /// <summary>Messages that a publisher kept; null: all, or nobody knows.</summary>
    private static int? DepthOf(QosProfile profile) => profile is { History: QosHistory.KeepLast, Depth: > 0 and <= int.MaxValue } ? (int)profile.Depth : null;

    /// <summary>0 is the middleware's default, which is none.</summary>
    private static long? Nanoseconds(QosDuration duration) =>
        duration.IsInfinite || duration == default ? null : (long)Math.Min((duration.Sec * 1e9) + duration.Nsec, ReplayTimeline.MaxPosition);
}
