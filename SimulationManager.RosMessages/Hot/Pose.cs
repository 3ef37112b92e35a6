namespace SimulationManager.RosMessages;

/// <summary>A <c>geometry_msgs/Pose</c> or <c>geometry_msgs/Transform</c>: a position in metres and an orientation as a quaternion.</summary>
/// <param name="X">Metres along x.</param>
/// <param name="Y">Metres along y.</param>
/// <param name="Z">Metres along z.</param>
/// <param name="Qx">The quaternion's x.</param>
/// <param name="Qy">The quaternion's y.</param>
/// <param name="Qz">The quaternion's z.</param>
/// <param name="Qw">The quaternion's w.</param>
public readonly record struct Pose(double X, double Y, double Z, double Qx, double Qy, double Qz, double Qw)
{
    internal static Pose Read(ref CdrReader reader) => new(
        reader.Read<double>(), reader.Read<double>(), reader.Read<double>(),
        reader.Read<double>(), reader.Read<double>(), reader.Read<double>(), reader.Read<double>());
}
