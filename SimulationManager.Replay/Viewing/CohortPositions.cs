using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>Where an agent is.</summary>
/// <param name="Agent">Its number.</param>
/// <param name="Frame">The frame, as recorded.</param>
/// <param name="Pose">Its place in that frame, with a unit quaternion.</param>
public readonly record struct AgentPosition(long Agent, string Frame, Pose Pose);

/// <summary>
/// Looks where a cohort's agents are, by their places in the recording: agents are neither asked nor held up, and know nothing of it. Not for several threads at once.
/// </summary>
/// <remarks>
/// The pose is that of the first of these that the recording has: <c>nav_msgs/Odometry</c>, <c>geometry_msgs/PoseWithCovarianceStamped</c>,
/// <c>geometry_msgs/PoseStamped</c>, <c>tf2_msgs/TFMessage</c>, <c>turtlesim/Pose</c>.
/// </remarks>
public sealed class CohortPositions
{
    private readonly ReplayCohort _cohort;
    private readonly PayloadOptions _payloads;
    private readonly PoseTrack? _track;
    private readonly List<AgentPlace> _places = [];

    /// <summary>Finds out where the recording says where the robot is.</summary>
    /// <param name="cohort">The agents.</param>
    /// <param name="payloads">What is changed in payloads: agents may stand elsewhere.</param>
    public CohortPositions(ReplayCohort cohort, PayloadOptions payloads)
    {
        ArgumentNullException.ThrowIfNull(cohort);
        ArgumentNullException.ThrowIfNull(payloads);
        (_cohort, _payloads) = (cohort, payloads);
        _track = PoseTrack.Of(cohort.Timeline, payloads.PoseOffset is null ? [] : payloads.GlobalFrames);
    }

    /// <summary>
    /// Where agents are now, also those that are paused or have ended. Left out are those of which the recording has not said it yet, and those whose messages have yet to
    /// arrive on this machine.
    /// </summary>
    /// <param name="positions">Takes the positions, in any order.</param>
    public void Look(ICollection<AgentPosition> positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        if (_track is null) return;
        _places.Clear();
        _cohort.PeekPlaces(_places);
        foreach (var place in _places)
        {
            if (!_track.TryFind(place, _cohort.Window.End, out var recorded)) continue;
            var (frame, pose) = recorded.Of(_payloads.PoseOffset?.OffsetOf(place.Agent) ?? default);
            positions.Add(new AgentPosition(place.Agent, frame, pose));
        }
    }
}
