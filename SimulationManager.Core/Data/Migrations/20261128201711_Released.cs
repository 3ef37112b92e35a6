using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class Released : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "released",
                table: "executions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "released_before",
                table: "executions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "released",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "released_before",
                table: "executions");
        }
    }
}
