using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class FleetOptions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "fleet",
                table: "simulation_steps",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "fleet",
                table: "simulation_groups",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "faults",
                table: "execution_parts",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.AddColumn<string>(
                name: "faults",
                table: "execution_instances",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'{}'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "fleet",
                table: "simulation_steps");

            migrationBuilder.DropColumn(
                name: "fleet",
                table: "simulation_groups");

            migrationBuilder.DropColumn(
                name: "faults",
                table: "execution_parts");

            migrationBuilder.DropColumn(
                name: "faults",
                table: "execution_instances");
        }
    }
}
