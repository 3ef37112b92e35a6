using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

public class MotionTests
{
    [Theory, MemberData(nameof(DrivenVehicle.Versions), MemberType = typeof(DrivenVehicle))]
    public void Positions_are_on_the_map(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version, options => options with { MapId = "hall 2", Transform = new MapTransform(10, 20, Math.PI / 2) }).Connect();
        var name = version == Vda5050Version.V21 ? "agvPosition" : "mobileRobotPosition";
        var isKnown = version == Vda5050Version.V21 ? "positionInitialized" : "localized";
        Assert.False(vehicle.State[name]![isKnown]!.GetValue<bool>());

        vehicle.MoveTo(1, 2, Math.PI);

        foreach (var topic in new[] { "state", "visualization" })
        {
            var position = vehicle.Last(topic)[name]!;
            Assert.Equal(8, position["x"]!.GetValue<double>(), 5);
            Assert.Equal(21, position["y"]!.GetValue<double>(), 5);
            Assert.Equal(-Math.PI / 2, position["theta"]!.GetValue<double>(), 5);
            Assert.Equal("hall 2", position["mapId"]!.GetValue<string>());
            Assert.True(position[isKnown]!.GetValue<bool>());
        }
    }

    [Fact]
    public void Driving_begins_and_ends_with_the_recorded_velocity()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V30).Connect().MoveTo(0, 0);
        var states = vehicle.Count("state");

        Assert.True(IsDriving(vehicle.Drive(0.5)));
        Assert.Equal(0.5, vehicle.State["velocity"]!["vx"]!.GetValue<double>());
        Assert.True(IsDriving(vehicle.Drive(0.015)));
        Assert.False(IsDriving(vehicle.Drive(0.001)));
        Assert.False(IsDriving(vehicle.Drive(0.015)));
        Assert.True(IsDriving(vehicle.Drive(0, omega: -0.3)));
        Assert.Equal(states + 3, vehicle.Count("state"));
    }

    [Fact]
    public void Velocity_that_is_not_recorded_is_that_of_the_poses()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V21).Connect().MoveTo(0, 0, Math.PI / 2);
        for (var i = 1; i <= 5; i++) vehicle.Wait(0.2).MoveTo(0, 0.1 * i, (Math.PI / 2) + (0.02 * i));
        vehicle.Wait(10);

        var moving = vehicle.Published.Where(published => published.Topic == "visualization")
            .Select(published => published.Message["velocity"]!).Where(velocity => velocity["vx"]!.GetValue<double>() > 0).ToArray();
        Assert.NotEmpty(moving);
        Assert.All(moving, velocity =>
        {
            Assert.Equal(0.5, velocity["vx"]!.GetValue<double>(), 2);
            Assert.Equal(0, velocity["vy"]!.GetValue<double>(), 1);
            Assert.Equal(0.1, velocity["omega"]!.GetValue<double>(), 4);
        });
        Assert.False(IsDriving(vehicle));
    }

    [Fact]
    public void A_jump_is_no_movement()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V21).Connect().MoveTo(0, 0).Wait(0.2).MoveTo(500, 0).Wait(1);

        Assert.DoesNotContain(vehicle.Published, published => published.Topic == "state" && published.Message["driving"]!.GetValue<bool>());
    }

    [Fact]
    public void A_vehicle_of_which_nothing_is_heard_stands()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V30).Connect().MoveTo(0, 0).Drive(1);
        Assert.True(IsDriving(vehicle));

        vehicle.Wait(2.1);
        Assert.False(IsDriving(vehicle));
        Assert.Equal(0, vehicle.State["velocity"]!["vx"]!.GetValue<double>());
    }

    [Fact]
    public void Commands_that_cease_stop_the_vehicle_though_poses_go_on()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V21).Connect().MoveTo(0, 0).Drive(1);
        for (var i = 0; i < 25; i++) vehicle.Wait(0.1).MoveTo(0, 0);

        Assert.False(IsDriving(vehicle));
    }

    [Fact]
    public void A_paused_vehicle_stands_whatever_still_comes()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V30).Connect().MoveTo(0, 0);
        vehicle.Do("startPause");
        vehicle.Drive(1).Wait(11);

        Assert.False(IsDriving(vehicle));
        Assert.Equal(0, vehicle.State["velocity"]!["vx"]!.GetValue<double>());
    }

    [Theory, MemberData(nameof(DrivenVehicle.Versions), MemberType = typeof(DrivenVehicle))]
    public void The_battery_is_that_of_the_recording_or_the_default(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version, options => options with { DefaultCharge = 77 }).Connect();
        var (power, charge) = version == Vda5050Version.V21 ? ("batteryState", "batteryCharge") : ("powerSupply", "stateOfCharge");
        Assert.Equal(77, vehicle.State[power]![charge]!.GetValue<double>());

        vehicle.Observe(new VehicleMotion { Charge = 31.5, IsCharging = true, Updated = MotionParts.Battery });
        Assert.Equal(31.5, vehicle.State[power]![charge]!.GetValue<double>());
        Assert.True(vehicle.State[power]!["charging"]!.GetValue<bool>());

        vehicle.Observe(new VehicleMotion { Charge = double.NaN, Updated = MotionParts.Battery }).Wait(11);
        Assert.Equal(31.5, vehicle.State[power]![charge]!.GetValue<double>());
    }

    private static bool IsDriving(DrivenVehicle vehicle) => vehicle.State["driving"]!.GetValue<bool>();
}
