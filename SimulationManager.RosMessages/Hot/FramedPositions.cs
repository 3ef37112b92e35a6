namespace SimulationManager.RosMessages;

/// <summary>
/// Which positions are given in the frame that the header before them names: those of the stamped poses, points and transforms of
/// <c>geometry_msgs</c>, and what is made of these (<c>nav_msgs/Path</c>, <c>tf2_msgs/TFMessage</c>). Not those of maps, markers and clouds: where
/// a robot is elsewhere, the walls are not.
/// </summary>
internal static class FramedPositions
{
    private static readonly HashSet<string> s_types = new(StringComparer.Ordinal)
    {
        "geometry_msgs/msg/PointStamped",
        "geometry_msgs/msg/PoseArray",
        "geometry_msgs/msg/PoseStamped",
        "geometry_msgs/msg/PoseWithCovarianceStamped",
        "geometry_msgs/msg/TransformStamped",
        "nav_msgs/msg/Odometry",
    };

    public static bool Has(MessageType type) => s_types.Contains(type.Name);

    /// <summary>Whether a field of such a type, or of a message in it, is a position. Velocities and forces are vectors, too.</summary>
    public static bool IsPosition(FieldLayout field) =>
        (field.Nested?.Type.Name == "geometry_msgs/msg/Point" || IsTranslation(field))
        // A bag may define the types as it likes.
        && field.Nested!.Fields is [var x, var y, var z] && IsNumber(x) && IsNumber(y) && IsNumber(z);

    public static bool IsTranslation(FieldLayout field) => field is { Path: "geometry_msgs/msg/Transform.translation", Nested: not null };

    private static bool IsNumber(FieldLayout field) => field is { Kind: FieldKind.Float64, IsArray: false };
}
