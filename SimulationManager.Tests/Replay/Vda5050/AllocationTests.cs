using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

public class AllocationTests
{
    /// <summary>Of an array of bytes: its header and length, and padding to eight bytes.</summary>
    private const int ArrayOverhead = 24 + 7;

    [Theory, MemberData(nameof(DrivenVehicle.Versions), MemberType = typeof(DrivenVehicle))]
    public void Publishing_allocates_the_payloads_and_nothing_else(Vda5050Version version)
    {
        var vehicle = new Vda5050Vehicle(new Vda5050Options { Version = version, Manufacturer = "A", SerialNumber = "1", StateInterval = TimeSpan.FromSeconds(1) });
        var now = DateTimeOffset.UnixEpoch;
        var output = new List<VehicleMessage>(16);
        vehicle.Connected(now, output);
        vehicle.Observe(new VehicleMotion { X = 1.25, Y = -3.5, Theta = 1, Updated = MotionParts.Pose }, now, output);
        vehicle.Receive(vehicle.Subscriptions[0], System.Text.Encoding.UTF8.GetBytes(Orders.Straight(version, 0, 5, horizon: 3).ToJsonString()), now, output);

        // A first pass compiles; the second is measured.
        Run();
        var (messages, payload, allocated) = Run();
        Assert.Equal(3_000, messages);
        Assert.InRange(allocated, payload, payload + (messages * ArrayOverhead));

        (int Messages, long Payload, long Allocated) Run()
        {
            var (messages, payload, before) = (0, 0L, GC.GetAllocatedBytesForCurrentThread());
            for (var i = 0; i < 2_000; i++)
            {
                output.Clear();
                vehicle.Tick(now += TimeSpan.FromSeconds(0.5), output);
                messages += output.Count;
                foreach (var message in output) payload += message.Payload.Length;
            }
            return (messages, payload, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void A_vehicle_takes_little_memory()
    {
        var options = new Vda5050Options { Manufacturer = "Acme", SerialNumber = "0" };
        _ = new Vda5050Vehicle(options);
        var vehicles = new Vda5050Vehicle[1_000];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < vehicles.Length; i++) vehicles[i] = new Vda5050Vehicle(options with { SerialNumber = $"robot-{i:0000}" });

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / vehicles.Length, 500, 4_096);
        Assert.All(vehicles, vehicle => Assert.Equal(DateTimeOffset.MaxValue, vehicle.NextDue));
    }
}
