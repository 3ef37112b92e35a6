using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class InstanceProgress : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "progress",
                table: "execution_instances",
                type: "double precision",
                nullable: false,
                defaultValue: 0.0);

            // Of agents of before, only whole repeats are known.
            migrationBuilder.Sql(
                """
                UPDATE execution_instances agent
                SET progress = CASE WHEN agent.status = 'COMPLETED' THEN 100 ELSE floor(1000.0 * least(agent.repeats_completed, part.total_repeats) / part.total_repeats) / 10 END
                FROM execution_parts part
                WHERE part.execution_id = agent.execution_id AND part.number = agent.part_number
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "progress",
                table: "execution_instances");
        }
    }
}
