namespace SimulationManager.Generation;

/// <summary>
/// Where the robot drives: two rooms of 12 m × 8 m in all, joined by two doorways, with boxes in them whose places depend on
/// the seed. Metres; the origin is the robot's start, in the middle of the left room.
/// </summary>
internal sealed class FloorPlan
{
    private const double Left = -3;
    private const double Right = 9;
    private const double Bottom = -4;
    private const double Top = 4;
    private const double WallX = 3;
    private const int Boxes = 6;

    /// <summary>What a map shows beyond the walls.</summary>
    private const double Margin = 0.5;

    private readonly Wall[] _walls;

    private FloorPlan(Wall[] walls) => _walls = walls;

    public static FloorPlan Create(long seed)
    {
        var random = SeededRandom.Stream(seed, purpose: 1);
        var walls = new List<Wall>();
        AddBox(walls, Left, Bottom, Right, Top);
        // The wall between the rooms, with doorways at y = -2.5 and y = 2.5, each 1.8 m wide.
        walls.Add(new Wall(WallX, Bottom, WallX, -3.4));
        walls.Add(new Wall(WallX, -1.6, WallX, 1.6));
        walls.Add(new Wall(WallX, 3.4, WallX, Top));
        for (var placed = 0; placed < Boxes;)
        {
            var size = random.Uniform(0.3, 0.8);
            var x = random.Uniform(Left + 1.2, Right - 1.2 - size);
            var y = random.Uniform(Bottom + 1.2, Top - 1.2 - size);
            var middleX = x + (size / 2);
            var middleY = y + (size / 2);
            // Clear of the start and of the doorways, so that every room can be reached.
            if ((middleX * middleX) + (middleY * middleY) < 1.5 * 1.5 || Math.Abs(middleX - WallX) < 1.6)
                continue;
            AddBox(walls, x, y, x + size, y + size);
            placed++;
        }

        return new FloorPlan([.. walls]);
    }

    /// <summary>A place at least this far from every wall and inside the rooms.</summary>
    public (double X, double Y) FreePlace(SeededRandom random, double clearance)
    {
        while (true)
        {
            var (x, y) = (random.Uniform(Left, Right), random.Uniform(Bottom, Top));
            if (Clearance(x, y) >= clearance)
                return (x, y);
        }
    }

    /// <summary>Only the walls within a distance of a place, for many questions about its surroundings.</summary>
    public FloorPlan Around(double x, double y, double metres) =>
        new([.. _walls.Where(wall => wall.SquaredDistance(x, y) <= metres * metres)]);

    /// <summary>Distance to the nearest wall, metres.</summary>
    public double Clearance(double x, double y)
    {
        var nearest = double.MaxValue;
        foreach (ref readonly var wall in _walls.AsSpan())
            nearest = Math.Min(nearest, wall.SquaredDistance(x, y));
        return Math.Sqrt(nearest); // Without any wall: larger than any distance in the rooms.
    }

    /// <summary>The rooms as an occupancy grid: rows from bottom to top; 100 for a cell in which there is a wall, 0 for the others, -1 (unknown) outside.</summary>
    /// <param name="resolution">Length of a cell's side, metres.</param>
    public OccupancyCells ToCells(double resolution)
    {
        var (left, bottom) = (Left - Margin, Bottom - Margin);
        var width = (int)Math.Round((Right + Margin - left) / resolution);
        var height = (int)Math.Round((Top + Margin - bottom) / resolution);
        var cells = new sbyte[width * height];
        for (var cell = 0; cell < cells.Length; cell++)
        {
            var (row, column) = Math.DivRem(cell, width);
            var (x, y) = (left + ((column + 0.5) * resolution), bottom + ((row + 0.5) * resolution));
            // A little more than half a cell: a wall between two cells is in one of them at least, whatever is lost in rounding.
            if (Clearance(x, y) <= 0.51 * resolution) cells[cell] = 100;
            else if (x is < Left or > Right || y is < Bottom or > Top) cells[cell] = -1;
        }
        return new OccupancyCells(left, bottom, resolution, width, height, cells);
    }

    /// <summary>Distance along a ray to the first wall, metres; infinite if there is none.</summary>
    /// <param name="x">Start of the ray.</param>
    /// <param name="y">Start of the ray.</param>
    /// <param name="directionX">Unit vector.</param>
    /// <param name="directionY">Unit vector.</param>
    public double CastRay(double x, double y, double directionX, double directionY)
    {
        var nearest = double.PositiveInfinity;
        foreach (ref readonly var wall in _walls.AsSpan())
            nearest = Math.Min(nearest, wall.DistanceAlong(x, y, directionX, directionY));
        return nearest;
    }

    private static void AddBox(List<Wall> walls, double left, double bottom, double right, double top)
    {
        walls.Add(new Wall(left, bottom, right, bottom));
        walls.Add(new Wall(right, bottom, right, top));
        walls.Add(new Wall(right, top, left, top));
        walls.Add(new Wall(left, top, left, bottom));
    }

    private readonly struct Wall(double x, double y, double endX, double endY)
    {
        private readonly double _x = x;
        private readonly double _y = y;
        private readonly double _dx = endX - x;
        private readonly double _dy = endY - y;

        public double SquaredDistance(double px, double py)
        {
            var along = (((px - _x) * _dx) + ((py - _y) * _dy)) / ((_dx * _dx) + (_dy * _dy));
            along = Math.Clamp(along, 0, 1);
            var (rx, ry) = (px - _x - (along * _dx), py - _y - (along * _dy));
            return (rx * rx) + (ry * ry);
        }

        public double DistanceAlong(double px, double py, double ux, double uy)
        {
            var cross = (ux * _dy) - (uy * _dx);
            if (cross == 0)
                return double.PositiveInfinity;
            var (rx, ry) = (_x - px, _y - py);
            var distance = ((rx * _dy) - (ry * _dx)) / cross;
            var along = ((rx * uy) - (ry * ux)) / cross;
            return distance >= 0 && along is >= 0 and <= 1 ? distance : double.PositiveInfinity;
        }
    }
}

/// <summary>An occupancy grid; metres.</summary>
internal sealed record OccupancyCells(double Left, double Bottom, double Resolution, int Width, int Height, sbyte[] Cells);
