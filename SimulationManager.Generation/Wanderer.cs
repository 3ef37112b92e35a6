namespace SimulationManager.Generation;

/// <summary>
/// Drives from one random place to the next without touching a wall, by the dynamic window approach (Fox, Burgard, Thrun,
/// 1997): of a few arcs that the robot could drive, the best that keeps clear of walls.
/// </summary>
internal sealed class Wanderer(FloorPlan plan, long seed)
{
    private const double LookAheadSeconds = 1.2;
    private const double StepSeconds = 0.15;
    private const double Margin = 0.15;
    private const double ComfortMetres = 0.8;
    // Walls farther away than the robot looks ahead, plus what it likes to keep clear, change nothing.
    private const double ReachMetres = (DifferentialDrive.MaxForward * (LookAheadSeconds + StepSeconds)) + ComfortMetres;
    private const double ReachedMetres = 0.4;
    private const int PatienceDecisions = 20 * 25;

    private static readonly double[] s_speeds = [0.2, 0.4, DifferentialDrive.MaxForward];
    private static readonly double[] s_turns = [-1.4, -1.0, -0.6, -0.3, 0, 0.3, 0.6, 1.0, 1.4];

    private readonly SeededRandom _random = SeededRandom.Stream(seed, purpose: 2);
    private (double X, double Y) _goal;
    private int _patience;

    public DriveCommand Decide(DifferentialDrive robot)
    {
        ChooseGoal(robot);
        var surroundings = plan.Around(robot.X, robot.Y, ReachMetres);
        var best = new DriveCommand(0, TurnTowardsGoal(robot));
        var bestScore = double.NegativeInfinity;
        foreach (var speed in s_speeds)
        {
            foreach (var turn in s_turns)
            {
                var command = new DriveCommand(speed, turn);
                var score = Score(robot, command, surroundings);
                if (score > bestScore)
                    (best, bestScore) = (command, score);
            }
        }

        return best;
    }

    private void ChooseGoal(DifferentialDrive robot)
    {
        if (--_patience > 0 && Distance(robot.X, robot.Y) > ReachedMetres)
            return;
        _goal = plan.FreePlace(_random, clearance: 0.6);
        _patience = PatienceDecisions;
    }

    private double TurnTowardsGoal(DifferentialDrive robot)
    {
        var (sin, cos) = Angle.SinCos(robot.Yaw);
        var left = (cos * (_goal.Y - robot.Y)) - (sin * (_goal.X - robot.X)) >= 0;
        return left ? 1.0 : -1.0;
    }

    /// <returns>Higher is better; negative infinity if the arc comes too close to a wall.</returns>
    private double Score(DifferentialDrive robot, DriveCommand command, FloorPlan surroundings)
    {
        var (x, y, yaw) = (robot.X, robot.Y, robot.Yaw);
        var clearance = double.MaxValue;
        for (var time = 0.0; time < LookAheadSeconds; time += StepSeconds)
        {
            var (sin, cos) = Angle.SinCos(Angle.Wrap(yaw + (command.Turn * StepSeconds / 2)));
            x += command.Forward * cos * StepSeconds;
            y += command.Forward * sin * StepSeconds;
            yaw = Angle.Wrap(yaw + (command.Turn * StepSeconds));
            clearance = Math.Min(clearance, surroundings.Clearance(x, y));
            if (clearance < DifferentialDrive.Radius + Margin)
                return double.NegativeInfinity;
        }

        return (0.4 * Math.Min(clearance, ComfortMetres)) + (0.3 * command.Forward) - Distance(x, y);
    }

    private double Distance(double x, double y)
    {
        var (dx, dy) = (_goal.X - x, _goal.Y - y);
        return Math.Sqrt((dx * dx) + (dy * dy));
    }
}
