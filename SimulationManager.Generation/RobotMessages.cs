using SimulationManager.RosMessages;

namespace SimulationManager.Generation;

/// <summary>The robot's state as ROS 2 messages. Each method writes one message into the writer.</summary>
internal sealed class RobotMessages(FloorPlan plan, long seed)
{
    public const int Rays = 360;
    public const double ScanNoise = 0.01;
    public const double GyroNoise = 0.002;
    public const double AccelerationNoise = 0.02;
    public const double Gravity = 9.80665;
    public const float ScanMinMetres = 0.12f;
    public const float ScanMaxMetres = 12;

    private const double MapResolution = 0.05;
    private const string MapFrame = "map";
    private const string OdomFrame = "odom";
    private const string BaseFrame = "base_link";
    private const double Increment = 2 * Math.PI / Rays;

    // Diagonals of 6 × 6 covariances (x, y, z, roll, pitch, yaw): what the robot does not measure is as good as unknown.
    private static readonly double[] s_poseCovariance = Diagonal(6, 1e-3, 1e-3, 1e6, 1e6, 1e6, 1e-2);
    private static readonly double[] s_twistCovariance = Diagonal(6, 1e-4, 1e-4, 1e6, 1e6, 1e6, 1e-3);
    private static readonly double[] s_orientationCovariance = Diagonal(3, 1e6, 1e6, 1e-3);
    private static readonly double[] s_gyroCovariance = Diagonal(3, GyroNoise * GyroNoise, GyroNoise * GyroNoise, GyroNoise * GyroNoise);
    private static readonly double[] s_accelerationCovariance = Diagonal(3, 4e-4, 4e-4, 4e-4);
    private static readonly (double Sin, double Cos)[] s_rays = [.. Enumerable.Range(0, Rays).Select(ray => Angle.SinCos(-Math.PI + (ray * Increment)))];

    private readonly SeededRandom _imuNoise = SeededRandom.Stream(seed, purpose: 3);
    private readonly SeededRandom _scanNoise = SeededRandom.Stream(seed, purpose: 4);
    private readonly float[] _ranges = new float[Rays];

    public static void Twist(CdrWriter writer, DriveCommand command)
    {
        Vector(writer, command.Forward, 0, 0);
        Vector(writer, 0, 0, command.Turn);
    }

    public static void Odometry(CdrWriter writer, DifferentialDrive robot, long stampNs)
    {
        Header(writer, stampNs, OdomFrame);
        writer.WriteString(BaseFrame);
        Vector(writer, robot.X, robot.Y, 0);
        Rotation(writer, robot.Yaw);
        writer.WriteArray<double>(s_poseCovariance);
        Vector(writer, robot.Forward, 0, 0);
        Vector(writer, 0, 0, robot.Turn);
        writer.WriteArray<double>(s_twistCovariance);
    }

    public static void Transform(CdrWriter writer, DifferentialDrive robot, long stampNs)
    {
        writer.Write(1u);
        Header(writer, stampNs, OdomFrame);
        writer.WriteString(BaseFrame);
        Vector(writer, robot.X, robot.Y, 0);
        Rotation(writer, robot.Yaw);
    }

    /// <summary>The wheels of this robot do not slip: odometry begins at the map's origin and stays right.</summary>
    public static void MapTransform(CdrWriter writer, long stampNs)
    {
        writer.Write(1u);
        Header(writer, stampNs, MapFrame);
        writer.WriteString(OdomFrame);
        Vector(writer, 0, 0, 0);
        Rotation(writer, 0);
    }

    public void Map(CdrWriter writer, long stampNs)
    {
        var grid = plan.ToCells(MapResolution);
        Header(writer, stampNs, MapFrame);
        Time(writer, stampNs);
        writer.Write((float)grid.Resolution);
        writer.Write((uint)grid.Width);
        writer.Write((uint)grid.Height);
        Vector(writer, grid.Left, grid.Bottom, 0);
        Rotation(writer, 0);
        writer.WriteSequence<sbyte>(grid.Cells);
    }

    public void Imu(CdrWriter writer, DifferentialDrive robot, long stampNs)
    {
        Header(writer, stampNs, BaseFrame);
        Rotation(writer, robot.Yaw);
        writer.WriteArray<double>(s_orientationCovariance);
        Vector(writer, Noisy(0, GyroNoise), Noisy(0, GyroNoise), Noisy(robot.Turn, GyroNoise));
        writer.WriteArray<double>(s_gyroCovariance);
        // In a curve the robot is pulled to its left: v·ω.
        Vector(writer,
            Noisy(robot.ForwardAcceleration, AccelerationNoise),
            Noisy(robot.Forward * robot.Turn, AccelerationNoise),
            Noisy(Gravity, AccelerationNoise));
        writer.WriteArray<double>(s_accelerationCovariance);
    }

    public void Scan(CdrWriter writer, DifferentialDrive robot, long stampNs)
    {
        var (sin, cos) = Angle.SinCos(robot.Yaw);
        for (var ray = 0; ray < Rays; ray++)
        {
            var (raySin, rayCos) = s_rays[ray];
            var range = plan.CastRay(robot.X, robot.Y, (cos * rayCos) - (sin * raySin), (sin * rayCos) + (cos * raySin))
                + (_scanNoise.Noise() * ScanNoise);
            _ranges[ray] = range > ScanMaxMetres ? float.PositiveInfinity : Math.Max((float)range, ScanMinMetres);
        }

        Header(writer, stampNs, BaseFrame);
        writer.Write((float)-Math.PI);
        writer.Write((float)(Math.PI - Increment));
        writer.Write((float)Increment);
        writer.Write(0f);
        writer.Write(0.1f);
        writer.Write(ScanMinMetres);
        writer.Write(ScanMaxMetres);
        writer.WriteSequence<float>(_ranges);
        writer.WriteSequence<float>([]);
    }

    private double Noisy(double value, double deviation) => value + (_imuNoise.Noise() * deviation);

    private static void Header(CdrWriter writer, long stampNs, string frame)
    {
        Time(writer, stampNs);
        writer.WriteString(frame);
    }

    private static void Time(CdrWriter writer, long stampNs)
    {
        var (seconds, nanoseconds) = Math.DivRem(stampNs, 1_000_000_000);
        writer.Write((int)seconds);
        writer.Write((uint)nanoseconds);
    }

    private static void Vector(CdrWriter writer, double x, double y, double z)
    {
        writer.Write(x);
        writer.Write(y);
        writer.Write(z);
    }

    /// <summary>The quaternion of a rotation about z.</summary>
    private static void Rotation(CdrWriter writer, double yaw)
    {
        var (sin, cos) = Angle.SinCos(yaw / 2);
        Vector(writer, 0, 0, sin);
        writer.Write(cos);
    }

    private static double[] Diagonal(int size, params ReadOnlySpan<double> values)
    {
        var matrix = new double[size * size];
        for (var i = 0; i < size; i++)
            matrix[i * (size + 1)] = values[i];
        return matrix;
    }
}
