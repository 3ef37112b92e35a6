using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;

namespace SimulationManager.Generation;

/// <summary>
/// Generates a recording of a differential-drive robot that wanders through two rooms: <c>/odom</c> 50 Hz, <c>/scan</c>
/// 10 Hz with 360 rays cast against the walls, <c>/imu</c> 100 Hz, <c>/tf</c> 50 Hz, <c>/cmd_vel</c> 20 Hz. The motors follow
/// the commands with limited acceleration, odometry is what the wheels did, the IMU measures that motion with noise. If asked for, <c>/map</c> and <c>/tf_static</c> as well.
/// </summary>
public static class RobotRecording
{
    private const long StepNs = 10_000_000;
    private const double StepSeconds = 0.01;

    /// <summary>Generates a bag.</summary>
    /// <param name="folder">A folder that does not exist yet or is empty.</param>
    /// <param name="options">What to generate; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind then.</param>
    /// <returns>The metadata of the bag.</returns>
    /// <exception cref="BagFormatException">The folder is not empty, or the disk is full.</exception>
    public static BagMetadata Write(string folder, RobotRecordingOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RobotRecordingOptions();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Duration, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StartTime, DateTimeOffset.UnixEpoch, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.StartTime + options.Duration, DateTimeOffset.FromUnixTimeSeconds(int.MaxValue), nameof(options));
        using var bag = BagWriter.Create(folder, options.Bag);
        new Run(bag, options).Record(cancellationToken);
        return bag.Complete();
    }

    private sealed class Run
    {
        private readonly BagWriter _bag;
        private readonly Channel[] _channels;
        private readonly FloorPlan _plan;
        private readonly RobotMessages _messages;
        private readonly Wanderer _driver;
        private readonly DifferentialDrive _robot = new();
        private readonly RobotRecordingOptions _options;
        private readonly long _startNs;
        private DriveCommand _command;

        public Run(BagWriter bag, RobotRecordingOptions options)
        {
            (_bag, _options) = (bag, options);
            _startNs = (options.StartTime - DateTimeOffset.UnixEpoch).Ticks * 100;
            _plan = FloorPlan.Create(options.Seed);
            _messages = new RobotMessages(_plan, options.Seed);
            _driver = new Wanderer(_plan, options.Seed);
            var reliable = QosProfile.FormatList([new QosProfile()]);
            var sensor = QosProfile.FormatList([new QosProfile { Depth = 5, Reliability = QosReliability.BestEffort }]);
            _channels =
            [
                new(bag, "/cmd_vel", "geometry_msgs/msg/Twist", reliable, everySteps: 5, delayNs: 150_000, (writer, _) => RobotMessages.Twist(writer, _command)),
                new(bag, "/imu", "sensor_msgs/msg/Imu", sensor, everySteps: 1, delayNs: 250_000, (writer, stamp) => _messages.Imu(writer, _robot, stamp)),
                new(bag, "/odom", "nav_msgs/msg/Odometry", reliable, everySteps: 2, delayNs: 400_000, (writer, stamp) => RobotMessages.Odometry(writer, _robot, stamp)),
                new(bag, "/tf", "tf2_msgs/msg/TFMessage", reliable, everySteps: 2, delayNs: 450_000, (writer, stamp) => RobotMessages.Transform(writer, _robot, stamp)),
                new(bag, "/scan", "sensor_msgs/msg/LaserScan", sensor, everySteps: 10, delayNs: 2_000_000, (writer, stamp) => _messages.Scan(writer, _robot, stamp)),
            ];
        }

        public void Record(CancellationToken cancellationToken)
        {
            if (_options.HasMap)
                WriteMap();
            var delays = SeededRandom.Stream(_options.Seed, purpose: 5);
            for (long step = 0; step * StepNs < _options.Duration.Ticks * 100; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (step % 5 == 0)
                    _command = _driver.Decide(_robot);
                RecordStep(step, delays);
                _robot.Advance(_command, StepSeconds);
            }
        }

        private void WriteMap()
        {
            var latched = QosProfile.FormatList([new QosProfile { Depth = 1, Durability = QosDurability.TransientLocal }]);
            WriteOnce("/tf_static", "tf2_msgs/msg/TFMessage", writer => RobotMessages.MapTransform(writer, _startNs));
            WriteOnce("/map", "nav_msgs/msg/OccupancyGrid", writer => _messages.Map(writer, _startNs));

            void WriteOnce(string name, string type, Action<CdrWriter> write)
            {
                var writer = new CdrWriter();
                write(writer);
                var topic = _bag.AddTopic(new BagTopic { Name = name, Type = type, OfferedQosProfiles = latched }, Definitions.Of(type));
                _bag.Write(topic, _startNs, writer.Message);
            }
        }

        private void RecordStep(long step, SeededRandom delays)
        {
            var stampNs = _startNs + (step * StepNs);
            foreach (var channel in _channels)
            {
                if (step % channel.EverySteps == 0)
                    channel.Prepare(stampNs, delays);
            }

            // Messages arrive at the recorder with the delays of a real system, in the order of arrival.
            while (_channels.Where(channel => channel.ArrivalNs is not null).MinBy(channel => channel.ArrivalNs) is { } next)
                next.Deliver();
        }
    }

    /// <summary>A topic and its message on the way to the recorder.</summary>
    private sealed class Channel(
        BagWriter bag, string name, string type, string qos, int everySteps, long delayNs, Action<CdrWriter, long> write)
    {
        private const double JitterNs = 300_000;

        private readonly CdrWriter _writer = new();
        private readonly int _topicId = bag.AddTopic(
            new BagTopic { Name = name, Type = type, OfferedQosProfiles = qos }, Definitions.Of(type));

        public int EverySteps => everySteps;

        public long? ArrivalNs { get; private set; }

        public void Prepare(long stampNs, SeededRandom delays)
        {
            _writer.Reset();
            write(_writer, stampNs);
            ArrivalNs = stampNs + delayNs + (long)(delays.Uniform() * JitterNs);
        }

        public void Deliver()
        {
            bag.Write(_topicId, ArrivalNs!.Value, _writer.Message);
            ArrivalNs = null;
        }
    }
}
