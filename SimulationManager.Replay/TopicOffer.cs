using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>What the publishers of a topic offered when it was recorded.</summary>
/// <param name="Profiles">Their quality of service; empty: nobody knows.</param>
/// <param name="TypeHash">The hash of the type's definition, <c>RIHS01_…</c> (REP 2011); null: the recorder did not write it.</param>
public sealed record TopicOffer(IReadOnlyList<QosProfile> Profiles, string? TypeHash)
{
    internal static TopicOffer Of(BagTopic topic) => new(ProfilesOf(topic.OfferedQosProfiles), topic.TypeDescriptionHash.Length > 0 ? topic.TypeDescriptionHash : null);

    private static IReadOnlyList<QosProfile> ProfilesOf(string yaml)
    {
        try
        {
            return QosProfile.ParseList(yaml);
        }
        catch (BagFormatException)
        {
            // The inspection says that the profiles cannot be read.
            return [];
        }
    }
}
