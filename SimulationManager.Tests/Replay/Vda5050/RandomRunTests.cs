using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

/// <summary>Long runs at random, by seed. <see cref="DrivenVehicle"/> checks every message that a vehicle gives against the published schemas.</summary>
public class RandomRunTests
{
    private static readonly string[] s_actions =
        ["startPause", "stopPause", "cancelOrder", "stateRequest", "factsheetRequest", "clearInstantActions", "logReport", "stateRequest"];

    public static TheoryData<Vda5050Version, int> Runs
    {
        get
        {
            var runs = new TheoryData<Vda5050Version, int>();
            for (var seed = 0; seed < 6; seed++)
            {
                runs.Add(Vda5050Version.V21, seed);
                runs.Add(Vda5050Version.V30, seed);
            }
            return runs;
        }
    }

    [Theory, MemberData(nameof(Runs))]
    public void Every_message_is_valid(Vda5050Version version, int seed)
    {
        var random = new Random(seed);
        var vehicle = new DrivenVehicle(version, options => options with
        {
            MinStateInterval = TimeSpan.FromMilliseconds(random.Next(3) * 50),
            VisualizationRate = random.Next(5),
            Transform = new MapTransform(random.Next(-5, 5), random.Next(-5, 5), random.NextDouble() * 6),
            StartNodeMustBeInRange = seed % 3 == 2,
        }).Connect();
        var (position, order, update, end) = (0.0, 0, 0u, 0);
        for (var step = 0; step < 700; step++)
        {
            switch (random.Next(10))
            {
                case < 4:
                    position = position > 7 ? -1 : position + random.NextDouble() - 0.3;
                    MoveOnMap(vehicle, position, random.NextDouble() - 0.5, RandomAngle(random));
                    break;
                case 4:
                    vehicle.Observe(RandomMotion(random));
                    break;
                case 5:
                    vehicle.Wait(random.NextDouble() * (random.Next(10) == 0 ? 40 : 1));
                    break;
                case 6:
                    vehicle.Do(s_actions[random.Next(s_actions.Length)], $"i{random.Next(200)}");
                    break;
                case 7 when random.Next(6) == 0:
                    if (random.Next(2) == 0) vehicle.Disconnect();
                    else vehicle.MoveToOtherMachine();
                    vehicle.Wait(random.NextDouble()).Connect();
                    break;
                case 7:
                    vehicle.Send("order", Damage(random, Orders.Straight(version, random.Next(3), 1 + random.Next(4), random.Next(3))));
                    break;
                case 8:
                    update++;
                    vehicle.Send("order", Orders.Straight(version, end, 1 + random.Next(3), random.Next(3), $"o{order}", update));
                    end = LastOfBase(vehicle, end);
                    break;
                default:
                    (order, update) = (order + random.Next(2), 0);
                    vehicle.Send("order", Orders.Straight(version, random.Next(2), 1 + random.Next(4), random.Next(3), $"o{order}"));
                    end = LastOfBase(vehicle, 0);
                    break;
            }
        }

        Assert.InRange(vehicle.Count("state"), 100, 100_000);
        Assert.Contains(vehicle.Published, published => published.Topic == "state" && published.Message["nodeStates"]!.AsArray().Count > 1);
        Assert.Contains(vehicle.Published, published => published.Topic == "state" && published.Message["errors"]!.AsArray().Count > 1);
        Assert.Contains(vehicle.Published, published => published.Topic == "state" && published.Message["lastNodeId"]!.GetValue<string>().Length > 0);
    }

    private static void MoveOnMap(DrivenVehicle vehicle, double x, double y, double theta)
    {
        var transform = vehicle.Options.Transform;
        var (sin, cos) = Math.SinCos(transform.Theta);
        var (dx, dy) = (x - transform.X, y - transform.Y);
        vehicle.MoveTo((cos * dx) + (sin * dy), (cos * dy) - (sin * dx), theta);
    }

    private static int LastOfBase(DrivenVehicle vehicle, int otherwise) =>
        vehicle.State["nodeStates"]!.AsArray().LastOrDefault(node => node!["released"]!.GetValue<bool>())?["sequenceId"]!.GetValue<int>() / 2
        ?? (vehicle.State["lastNodeSequenceId"]!.GetValue<int>() is > 0 and var last ? last / 2 : otherwise);

    /// <summary>Angles at the ends of the range, too.</summary>
    private static double RandomAngle(Random random) => random.Next(4) switch
    {
        0 => Math.PI,
        1 => -Math.PI,
        _ => (random.NextDouble() - 0.5) * Math.Tau,
    };

    private static VehicleMotion RandomMotion(Random random)
    {
        // The validator cannot take numbers that no decimal holds.
        double[] odd = [double.NaN, double.PositiveInfinity, 1e27, -1e27, double.Epsilon, -0.0, 1e-300, 1e15];
        double Next() => random.Next(3) == 0 ? odd[random.Next(odd.Length)] : (random.NextDouble() - 0.5) * 4;
        return new VehicleMotion
        {
            X = Next(), Y = Next(), Theta = Next(), Vx = Next(), Vy = Next(), Omega = Next(), Charge = Next() * 50,
            IsCharging = random.Next(2) == 0, Updated = (MotionParts)random.Next(8),
        };
    }

    /// <summary>Changes some bytes, or cuts the message off.</summary>
    private static byte[] Damage(Random random, JsonNode message)
    {
        var bytes = Encoding.UTF8.GetBytes(message.ToJsonString());
        for (var i = random.Next(3); i >= 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
